"""Somebody who writes by a GnuPG of their own and a peer of the rig: honestly, or as no honest program would."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Self
from xml.sax.saxutils import escape

from teahouse.domain.openpgp import user_id
from teahouse.features.openpgp.announcing import LIST, OX
from tests.crypto.rig import Stranger
from tests.rig.chat_server import ChatServer, Login
from tests.rig.peer import Peer

_OPEN = (
    "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
    "http://jabber.org/protocol/pubsub#publish-options</value></field>"
    "<field var='pubsub#access_model'><value>open</value></field></x></publish-options>"
)


class Correspondent:
    """Online, with a key that is announced. To be used as a context."""

    def __init__(self, server: ChatServer, name: str, login: Login | None = None) -> None:
        self.login = login or server.fresh(name)
        self.jid, self.name = self.login.jid, name
        self.peer, self.gnupg = Peer(server, self.login), Stranger()
        self.fingerprint = self.gnupg.key(user_id(self.jid))
        self._date = 0
        self.publish({self.fingerprint: self.gnupg.public(self.fingerprint)})

    def publish(self, keys: Mapping[str, bytes]) -> None:
        """Announce these and no others, by their fingerprints, with a later date than before."""
        self._date += 86_400
        date = datetime.fromtimestamp(1_780_000_000 + self._date, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for fingerprint, key in keys.items():
            data = base64.b64encode(key).decode()
            self._put(f"{LIST}:{fingerprint}", f"<pubkey xmlns='{OX}' date='{date}'><data>{data}</data></pubkey>")
        entries = "".join(f"<pubkey-metadata v4-fingerprint='{one}' date='{date}'/>" for one in keys)
        self._put(LIST, f"<public-keys-list xmlns='{OX}'>{entries}</public-keys-list>")

    def _put(self, node: str, item: str) -> None:
        self.peer.raw(
            f"<iq type='set' id='{token_hex(4)}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            f"<publish node='{node}'><item id='current'>{item}</item></publish>{_OPEN}</pubsub></iq>"
        )

    def knows(self, *keys: bytes) -> None:
        """Take these public keys in."""
        for key in keys:
            self.gnupg.gpg("--import", given=key)

    def seal(self, inside: str, recipients: Iterable[str], signers: Iterable[str] | None = None, *more: str) -> bytes:
        """Encrypt to these fingerprints, signed by these (by our own unless told otherwise)."""
        signers = [self.fingerprint] if signers is None else list(signers)
        users = [word for one in signers for word in ("-u", one)]
        names = [word for one in recipients for word in ("-r", one)]
        sign = ["--sign"] if signers else []
        return self.gnupg.gpg(*more, *sign, "--encrypt", *users, *names, given=inside.encode())

    def send(self, jid: str, cipher: bytes, kind: str = "chat", outside: str = "") -> None:
        """Send what was sealed."""
        self.put(jid, f"<openpgp xmlns='{OX}'>{base64.b64encode(cipher).decode()}</openpgp>{outside}", kind)

    def put(self, jid: str, inside: str, kind: str = "chat") -> None:
        """Send a message with this in it."""
        self.peer.raw(f"<message to='{jid}' type='{kind}' id='{token_hex(6)}'>{inside}</message>")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.peer.stop()
        self.gnupg.close()


def now() -> str:
    """The time as XMPP writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def content(text: str, *to: str, kind: str = "signcrypt", time: str = "", payload: str = "") -> str:
    """A content element for these addresses with a text in it, or with another `payload`."""
    names = "".join(f"<to jid='{one}'/>" for one in to)
    stamp = f"<time stamp='{time or now()}'/>" if time != "none" else ""
    body = payload or f"<body xmlns='jabber:client'>{escape(text)}</body>"
    return f"<{kind} xmlns='{OX}'>{names}{stamp}<rpad>x</rpad><payload>{body}</payload></{kind}>"
