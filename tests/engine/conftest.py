"""Fixtures for tests of the engine."""

import pytest

from tests.rig.chat_server import ChatServer
from tests.rig.prosody import Prosody
from tests.security.conftest import authority, folder, honest, trusting

__all__ = ["BOTH", "authority", "folder", "honest", "server", "trusting"]

BOTH = ("prosody", "ejabberd")
"""`@pytest.mark.parametrize("server", BOTH, indirect=True)`: on either server, with accounts and peers there."""


@pytest.fixture
def server(request: pytest.FixtureRequest, server: Prosody) -> ChatServer:
    """The shared Prosody, or the server that the test names."""
    if getattr(request, "param", "prosody") == "prosody":
        return server
    other: ChatServer = request.getfixturevalue("ejabberd")
    return other
