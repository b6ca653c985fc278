"""Encryption, with a key that is protected: what it costs to write into rooms, and to read what was missed."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from teahouse.domain import commands as c
from teahouse.domain.message import Delivery
from teahouse.domain.openpgp import user_id
from teahouse.domain.policy import Policy
from teahouse.features.openpgp import store
from teahouse.features.openpgp.post import OpenPgp
from teahouse.features.openpgp.wishes import AskOwnKeys, AskSecurity, ExportKey, NewSecretGroup
from teahouse.profile import Profile, write_profile
from tests.openpgp.correspondent import Correspondent, announce, content
from tests.openpgp.talker import Talker
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.program import Program
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.speed.window import Figures, figures_of, served

MESSAGES, ROUNDS = 1_000, 15


def write_into(count: int) -> Figures:
    """A room of so many members: from the wish to the room's own copy, encrypted and not, beside gpg by itself."""
    figures: Figures = defaultdict(list)
    with served() as (server, _display, folder):
        made: list[RunningEngine] = []

        def engine(name: str, **more: Any) -> RunningEngine:
            made.append(RunningEngine(folder / name, **more))
            return made[-1]

        willow = Talker(engine, server, "willow")
        with Correspondent(server, "rose") as rose:
            people = [rose.jid, *_with_keys(server, rose, count - 2)]
            chat = willow.house.do(NewSecretGroup(willow.account, "", tuple(people)), 120).id
            plain = willow.house.do(c.JoinRoom(willow.account, server.fresh_room("plain"), "willow")).id
            until(lambda: willow.house.do(AskSecurity(chat, fresh=True), 120).able == count - 1, 120, "all keys")
            for number in range(ROUNDS):
                for name, where in (("plain ms", plain), ("encrypted ms", chat)):
                    begun = time.monotonic()
                    willow.says(where, f"line {number}")
                    _reflected(willow, where, f"line {number}")
                    figures[name].append((time.monotonic() - begun) * 1e3)
                figures["gpg alone ms"].append(_gpg(willow, people) * 1e3)
        willow.house.stop()
    both = zip(figures["encrypted ms"], figures["gpg alone ms"], strict=True)
    figures["on top of gpg ms"] = [whole - gpg for whole, gpg in both]
    return figures


def _with_keys(server: Prosody, owner: Correspondent, count: int) -> list[str]:
    """Accounts with keys, all of one GnuPG."""
    found = []
    for number in range(count):
        login = server.fresh(f"member{number}x")
        fingerprint = owner.gnupg.key(user_id(login.jid))
        with Peer(server, login) as peer:
            announce(peer, {fingerprint: owner.gnupg.public(fingerprint)}, 1_790_000_000)
        found.append(login.jid)
    return found


def _reflected(who: Talker, chat: int, text: str) -> None:
    until(lambda: any(m.body == text and m.state is Delivery.CONFIRMED for m in who.house.history(chat)[-3:]), 20)


def _gpg(who: Talker, people: Iterable[str]) -> float:
    """Seconds that gpg needs for a text of that length to all of these, by the engine's own keyring."""
    desk = who.desks[-1]
    assert isinstance(desk.tools.envelope, OpenPgp)
    keyring = desk.tools.envelope.of(who.account).work.keyring

    async def seal() -> float:
        keys = [key.fingerprint for jid in people for key in store.peers(desk.tools.db, who.account, jid)]
        (own,) = store.secrets(desk.tools.db, who.account)
        begun = time.monotonic()
        await keyring.do("speed", lambda gpg: gpg.seal(b"x" * 500, keys, own.fingerprint, own.phrase))
        return time.monotonic() - begun

    return who.run(seal())


def read_missed() -> Figures:
    """The real program comes back to 1,000 encrypted messages in its archive; somebody types meanwhile."""
    figures: Figures = defaultdict(list)
    with served() as (server, display, folder):
        home = folder / "home"
        profile = home / "data" / "profiles" / "default"
        profile.mkdir(parents=True)
        write_profile(profile / "profile.toml", Profile(Policy.OPEN))
        engines: list[RunningEngine] = []

        def engine(_name: str, **more: Any) -> RunningEngine:
            engines.append(RunningEngine(profile, **more))
            return engines[-1]

        with Correspondent(server, "rose") as rose:
            willow = Talker(engine, server, "willow")
            willow.encrypts(willow.chat(rose.jid))
            willow.chat("nobody@xmpp.test")
            (own,) = willow.house.do(AskOwnKeys(willow.account))
            rose.knows(willow.house.do(ExportKey(willow.account)))
            willow.house.stop()
            sealed = [rose.seal(content(f"line {n}", willow.jid), [own.fingerprint]) for n in range(MESSAGES)]
            environment = {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb"}
            with Program(home, "sealed", environment=environment, module="tests.speed.driven") as program:
                until((home / "away-0").exists, 60)
                for cipher in sealed:
                    rose.send(willow.jid, cipher)
                rose.put(rose.jid, "<body>the end</body>")
                rose.peer.wait_for("the end", 60)
                (home / "sent-0").touch()
                assert program.wait(180) == 0, program.output
                figures |= figures_of(program.output)
    return figures
