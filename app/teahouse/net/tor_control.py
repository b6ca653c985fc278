"""Tor's control port: what the program wants of it as a protocol, and that on stem. All of it blocks.

stem is imported when the first connection is made; only `StemControl` knows it.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TorPlace:
    """Where a tor is. Without `control` there is neither progress nor a view of circuits."""

    socks: Path
    control: Path | None
    own: bool = True
    password: str = ""
    cookie: str = ""


Heard = Callable[[str, Mapping[str, str]], None]
"""Called with action and arguments of a STATUS_CLIENT event, CLOSED or NO_ROUTE, in a thread of the connection."""
CLOSED = "closed"
NO_ROUTE = "no-route"
"""Instead of an action: there was no way to a relay at all (ORCONN, NOROUTE), which STATUS_CLIENT does not tell."""


class TorUnreachable(Exception):
    """There is no control connection, or not any more."""


class TorControl(Protocol):
    """An authenticated control connection. Every method raises TorUnreachable once it is gone."""

    def get_info(self, key: str) -> str:
        """GETINFO."""

    def set_options(self, options: Mapping[str, str | list[str]]) -> None:
        """One SETCONF."""

    def close(self) -> None:
        """Hang up; tor goes on."""


OpenControl = Callable[[TorPlace, Heard], TorControl]
"""Connects, authenticates and listens; raises TorUnreachable."""


class StemControl:
    """The protocol on stem, which takes ownership only of a tor that its own process owns; ours is the broker's."""

    def __init__(self, place: TorPlace, heard: Heard) -> None:
        import stem
        from stem.connection import AuthenticationFailure
        from stem.control import Controller, EventType, State

        _silence()
        self._errors = (stem.ControllerError, AuthenticationFailure, OSError, ValueError)
        try:
            self._controller = Controller(_control_socket(str(place.control)))
            try:
                self._authenticate(place)
                self._controller.add_status_listener(lambda _, state, __: _ended(heard, state == State.CLOSED))
                self._controller.add_event_listener(
                    lambda event: heard(event.action or "", dict(event.keyword_args)), EventType.STATUS_CLIENT
                )
                self._controller.add_event_listener(
                    lambda event: heard(NO_ROUTE, {}) if event.reason == "NOROUTE" else None, EventType.ORCONN
                )
            except BaseException:
                self._controller.close()
                raise
        except self._errors as error:
            raise TorUnreachable(str(error)) from error

    def _authenticate(self, place: TorPlace) -> None:
        if place.password:
            self._controller.authenticate(password=place.password)
        elif place.cookie:
            from stem.connection import authenticate_cookie

            authenticate_cookie(self._controller, place.cookie)
        else:
            self._controller.authenticate()

    def _do(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except self._errors as error:
            raise TorUnreachable(str(error)) from error

    def get_info(self, key: str) -> str:
        """GETINFO."""
        return str(self._do(lambda: self._controller.get_info(key)))

    def set_options(self, options: Mapping[str, str | list[str]]) -> None:
        """One SETCONF; an empty list unsets the option."""
        listed = [(key, value or None) for key, value in options.items()]
        self._do(lambda: self._controller.set_options(listed))

    def close(self) -> None:
        """Hang up."""
        self._controller.close()


def _control_socket(path: str) -> Any:
    from stem import SocketError
    from stem.socket import ControlSocketFile

    class Closing(ControlSocketFile):  # type: ignore[misc]
        """stem's own leaves a socket open that could not connect."""

        def _make_socket(self) -> socket.socket:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(path)
            except OSError as error:
                line.close()
                raise SocketError(error) from error
            return line

    return Closing(path)


def _ended(heard: Heard, closed: bool) -> None:
    if closed:
        heard(CLOSED, {})


def _silence() -> None:
    # At DEBUG stem logs what is said on the control port: circuits and SOCKS passwords.
    logger = logging.getLogger("stem")
    logger.setLevel(logging.CRITICAL)
    logger.propagate = False
