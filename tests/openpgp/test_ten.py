"""A group of ten, two of them with this program: all read everything, also who was not there when it was said."""

import base64
from collections.abc import Callable
from contextlib import ExitStack

from teahouse.features.openpgp.announcing import OX
from teahouse.features.openpgp.wishes import AskOwnKeys, AskSecurity, ExportKey
from tests.openpgp.correspondent import Correspondent, content
from tests.openpgp.talker import Talker, note
from tests.openpgp.test_talking import group
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.wait import until

NAMES = ("oak", "linden", "plum", "heron", "maple", "quill", "wren", "fern")


def newest(peer: Peer, room: str) -> bytes:
    """What was said last in a room, encrypted."""
    said = [m for m in peer.messages if m.get("from", "").startswith(room) and m.find(f"{{{OX}}}openpgp") is not None]
    return base64.b64decode(said[-1].findtext(f"{{{OX}}}openpgp", "")) if said else b""


def test_everybody_of_ten_reads_everything(engine: Callable[..., RunningEngine], server: ChatServer) -> None:
    willow, rose = Talker(engine, server, "willow"), Talker(engine, server, "rose")
    chat, (with_rose,) = group(willow, rose)
    room = willow.address(chat)
    rose.encrypts(with_rose)
    with ExitStack() as ending:
        others = [ending.enter_context(Correspondent(server, name)) for name in NAMES]
        there, away = others[:5], others[5:]
        with Peer(server, willow.login, "admin") as admin:
            admin.join(room, "admin")
            for one in others:
                admin.affiliate(room, one.jid, "member")
        for one in there:
            one.peer.join(room, one.name)

        def able() -> int:
            return int(willow.house.do(AskSecurity(chat, fresh=True)).able)

        until(lambda: able() == 9, what="all keys")
        willow.says(chat, "tea for ten")
        assert note(rose.reads(with_rose, "tea for ten")) == "trusted"
        assert willow.sent(chat, "tea for ten").notes["openpgp"] == ["sealed", 9, 9, []]
        said = until(lambda: newest(there[0].peer, room), what="it in the room")
        ours = [who.house.do(ExportKey(who.account)) for who in (willow, rose)]
        for one in others:
            one.knows(*ours)
            assert b"tea for ten" in one.gnupg.gpg("--decrypt", given=said)
        # One of them answers, to all of us.
        oak = there[0]
        keys = [found for who in (willow, rose) for found in who.house.do(AskOwnKeys(who.account))]
        oak.knows(*(one.gnupg.public(one.fingerprint) for one in others[1:]))
        to = [key.fingerprint for key in keys] + [one.fingerprint for one in others]
        oak.send(room, oak.seal(content("with lemon", room), to), "groupchat")
        for who, number in ((willow, chat), (rose, with_rose)):
            got = who.reads(number, "with lemon")
            assert note(got) == "trusted" and got.sender == "oak"
        # Who does not belong there any more reads nothing that is said from then on.
        with Peer(server, willow.login, "admin") as admin:
            admin.join(room, "admin")
            admin.affiliate(room, away[0].jid, "none")
        until(lambda: able() == 8, what="one less")
        willow.says(chat, "tea for nine")
        rose.reads(with_rose, "tea for nine")
        until(lambda: newest(there[0].peer, room) != said, what="it in the room")
        last = newest(there[0].peer, room)
        assert b"tea for nine" in away[1].gnupg.gpg("--decrypt", given=last)
        packets = away[1].gnupg.gpg("--list-packets", given=last).decode()
        assert packets.count(":pubkey enc packet:") == 9 and len(to) == 10
