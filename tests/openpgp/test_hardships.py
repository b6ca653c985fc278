"""What goes wrong beside a conversation: servers out of reach, odd keys, a GnuPG that is gone. Nobody else waits."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.domain.account import Link
from teahouse.domain.events import LinkChanged, WentWrong
from teahouse.domain.openpgp import Opened, Verdict, user_id
from teahouse.domain.problem import Fault, Trouble
from teahouse.features.openpgp import store
from teahouse.features.openpgp.model import Mode, PeerKey
from teahouse.features.openpgp.part import Part
from teahouse.features.openpgp.post import OpenPgp
from teahouse.features.openpgp.sealing import Sealing
from teahouse.features.openpgp.wanted import openpgp
from teahouse.features.openpgp.wishes import (
    AskOwnKeys,
    AskSecurity,
    ExportKey,
    ImportKey,
    MakeKey,
    NewSecretGroup,
    SecurityChanged,
)
from teahouse.store import chats
from teahouse.store.database import Database
from teahouse.store.sealed import Waiting
from tests.crypto.rig import Stranger
from tests.openpgp.conftest import Owner
from tests.openpgp.correspondent import Correspondent, content
from tests.openpgp.house import Online
from tests.openpgp.talker import Talker, note
from tests.openpgp.test_keyring import introduce, opened, sealed
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.prosody import HOST
from tests.rig.wait import until

WILLOW, ROSE, OAK = "willow@example.org", "rose@example.org", "oak@example.org"
MakeTalker = Callable[..., Talker]


@pytest.fixture
def talker(engine: Callable[..., RunningEngine], server: ChatServer) -> MakeTalker:
    """Call it with a name for somebody online."""

    def make(name: str, **more: object) -> Talker:
        return Talker(engine, server, name, **more)  # type: ignore[arg-type]

    return make


def part_of(who: Talker) -> Part:
    """What the account has of OpenPGP."""
    envelope = who.desks[-1].tools.envelope
    assert isinstance(envelope, OpenPgp)
    return envelope.of(who.account)


def test_a_key_that_cannot_be_taken_in_again_keeps_no_other_out(
    owner: Callable[[str], Owner], gnupg: Stranger
) -> None:
    """A person's key was chosen from a file where it has another name, too, before what was announced is loaded."""
    willow, rose = owner(WILLOW), owner(ROSE)
    willow.run(willow.keyring.make())
    rose.run(rose.keyring.make())
    introduce(willow, rose)
    message = sealed(rose, introduce(rose, willow), b"tea at five")
    fingerprint = gnupg.key(user_id(OAK))
    store.announced(willow.db, willow.account, OAK, [fingerprint], 1)
    willow.run(willow.keyring.take(OAK, fingerprint, gnupg.public(fingerprint)))
    gnupg.gpg("--quick-add-uid", fingerprint, "Oak <oak@mail.example>")
    willow.run(willow.keyring.close())
    willow.again()
    willow.run(willow.keyring.take_chosen(fingerprint, gnupg.public(fingerprint)))
    willow.run(willow.keyring.load([OAK, ROSE]))
    assert opened(willow, message) == b"tea at five"


@pytest.mark.parametrize("many", [False, True], ids=["one by one", "many at once"])
def test_after_a_new_start_each_of_several_keys_opens_what_was_sent_to_it(
    owner: Callable[[str], Owner], gnupg: Stranger, many: bool
) -> None:
    """Each has a passphrase of its own. By some programs, whoever writes cannot read it again: it is for us alone."""
    willow, rose = owner(WILLOW), gnupg.key(user_id(ROSE))
    messages = []
    for text in (b"tea at five", b"tea at six"):
        key = willow.run(willow.keyring.make())
        gnupg.gpg("--import", given=store.public(willow.db, willow.account, key.fingerprint))
        messages.append(gnupg.gpg("--sign", "--encrypt", "-u", rose, "-r", key.fingerprint, given=text))
    store.announced(willow.db, willow.account, ROSE, [rose], 1)
    willow.run(willow.keyring.take(ROSE, rose, gnupg.public(rose)))
    willow.run(willow.keyring.close())
    willow.again()

    async def read() -> list[Opened]:
        await willow.keyring.load([ROSE])
        sealing = Sealing(willow.db, willow.account, willow.keyring, lambda: 0)
        given = [b"nothing", *messages]
        return list(await sealing.open_many(given)) if many else [await sealing.open("", one) for one in given]

    nothing, *both = willow.run(read())
    assert [one.data for one in both] == [b"tea at five", b"tea at six"]
    assert nothing.verdict is Verdict.UNREADABLE


def test_who_cannot_be_reached_keeps_their_keys(online: Callable[..., Online], gnupg: Stranger) -> None:
    willow, jid = online("willow"), f"faraway-oak@{HOST}"
    fingerprint = gnupg.key(user_id(jid))

    async def known() -> None:
        store.announced(willow.desk.tools.db, willow.account, jid, [fingerprint], 1)
        await willow.keyring.take(jid, fingerprint, gnupg.public(fingerprint))

    willow.run(known())
    with pytest.raises(Trouble):
        willow.run(willow.finding.of(willow.client, jid, fresh=True))
    assert [key.encrypts for key in willow.run(_known(willow, jid))] == [True]


async def _known(who: Online, jid: str) -> tuple[PeerKey, ...]:
    return who.finding.known(jid)


def test_what_is_held_is_looked_at_again_by_one_clock(talker: MakeTalker, server: ChatServer) -> None:
    willow, login = talker("willow"), server.fresh("oak")
    chat = willow.chat(login.jid)
    willow.encrypts(chat)
    willow.says(chat, "who can read this?")
    willow.hears(chat, lambda s: s.held)

    async def changed() -> int:
        part = part_of(willow)
        for _ in range(20):
            part.posting.release(chat)
            while chat in part.posting._busy or chat not in part.posting._held:
                await asyncio.sleep(0.01)
        clocks = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        return sum("_look_again" in repr(one) for one in clocks if not one.cancelled())

    assert willow.run(changed()) == 1


def test_a_program_that_is_gone_holds_what_is_written(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    backend = part_of(willow).work.keyring._backend
    assert backend is not None
    before, backend._gpg.gpgbinary = backend._gpg.gpgbinary, "/nonexistent/gpg"
    willow.says(to_rose, "without gpg")
    assert willow.hears(to_rose, lambda s: s.held).problem is not None
    backend._gpg.gpgbinary = before
    assert rose.reads(with_willow, "without gpg")


def test_what_came_before_its_key_is_read_once_that_is_brought(
    talker: MakeTalker, server: ChatServer, gnupg: Stranger
) -> None:
    willow = talker("willow")
    with Correspondent(server, "oak") as oak:
        chat = willow.chat(oak.jid)
        willow.house.do(MakeKey(willow.account))
        other = gnupg.key(user_id(willow.jid))
        oak.knows(gnupg.public(other))
        oak.send(willow.jid, oak.seal(content("from before", willow.jid), [other]))
        until(lambda: [m for m in willow.house.history(chat) if note(m) == "not-for-us"], what="the message")
        secret = gnupg.gpg("--passphrase", "", "--export-secret-keys", other)
        willow.house.do(ImportKey(willow.account, secret))
        assert note(willow.reads(chat, "from before")) == "trusted"


def test_a_group_that_could_not_be_filled_is_never_in_the_clear(talker: MakeTalker) -> None:
    willow = talker("willow")
    refused = willow.house.refused(NewSecretGroup(willow.account, "Tea", ("x\u200ey@example.org",)))
    assert refused
    db = willow.desks[-1].tools.db

    async def modes() -> list[Mode]:
        return [store.mode(db, number) for (number,) in db.all("SELECT id FROM chat WHERE kind = 'room'")]

    assert willow.run(modes()) == [Mode.ON]


def test_nobody_waits_for_the_server_of_somebody_else(talker: MakeTalker, server: ChatServer) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    with Correspondent(server, "silent-oak") as oak:
        from_oak = willow.chat(oak.jid)
        (key,) = willow.house.do(AskOwnKeys(willow.account))
        oak.knows(willow.house.do(ExportKey(willow.account)))
        oak.send(willow.jid, oak.seal(content("who am I?", willow.jid), [key.fingerprint]))
        until(lambda: [m for m in willow.house.history(from_oak) if note(m) == "opening"], what="oak's message")
        rose.says(with_willow, "meanwhile")
        assert willow.reads(to_rose, "meanwhile")
        assert note(willow.house.history(from_oak)[-1]) == "opening"


def test_a_storm_of_news_about_keys_is_looked_at_now_and_then(talker: MakeTalker, server: ChatServer) -> None:
    willow = talker("willow")
    with Correspondent(server, "oak") as oak:
        chat = willow.chat(oak.jid)
        until(lambda: not willow.encrypts(chat).left_out, what="oak's key")
        part = part_of(willow)
        before = len(willow.house.seen(SecurityChanged))

        async def storm() -> None:
            for _ in range(100):
                part.ask_again(oak.jid)
                await asyncio.sleep(0.002)

        willow.run(storm())
        oak.publish({oak.fingerprint: oak.gnupg.public(oak.fingerprint)})
        oak.peer.message(willow.jid, "it is over")
        willow.reads(chat, "it is over")
        assert len(willow.house.seen(SecurityChanged)) - before < 10


def test_a_chat_that_is_removed_while_it_is_opened_stays_away(talker: MakeTalker, server: ChatServer) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    with Correspondent(server, "oak") as oak:
        chat = willow.chat(oak.jid)
        willow.house.do(MakeKey(willow.account))
        until(lambda: willow.house.do(AskSecurity(chat, fresh=True)).able, what="oak's key")
        oak.knows(willow.house.do(ExportKey(willow.account)))
        (key,) = willow.house.do(AskOwnKeys(willow.account))
        opening = part_of(willow).opening
        found = opening._found

        async def removed(rows: Sequence[Waiting]) -> Sequence[Opened]:
            opened = await found(rows)
            chats.remove(willow.desks[-1].tools.db, chat)
            opening._found = found  # type: ignore[method-assign]
            return opened

        opening._found = removed  # type: ignore[method-assign]
        oak.send(willow.jid, oak.seal(content("too late", willow.jid), [key.fingerprint]))
        until(lambda: opening._found == found, what="the end of the chat")
        willow.run(_over(part_of(willow)))
    rose.encrypts(with_willow)
    rose.says(with_willow, "still here")
    assert note(willow.reads(to_rose, "still here")) == "trusted"


def test_nothing_of_gnupg_comes_back_after_the_end(talker: MakeTalker) -> None:
    """The window may have asked for something that is still under way when the program ends."""
    willow, rose = talker("willow"), talker("rose")
    rose.encrypts(rose.chat(willow.jid))
    chat = willow.chat(rose.jid)
    willow.encrypts(chat)
    folder = part_of(willow).work.keyring._folder
    assert folder.is_dir()
    willow.run(part_of(willow).stop())
    assert willow.house.do(AskSecurity(chat)).problem is not None
    assert not folder.exists()


def test_what_could_not_be_opened_before_the_end_is_judged_only_when_its_writer_can_be_asked(
    talker: MakeTalker, engine: Callable[..., RunningEngine], server: ChatServer
) -> None:
    willow = talker("willow")
    with Correspondent(server, "oak") as oak:
        chat = willow.chat(oak.jid)
        willow.house.do(MakeKey(willow.account))
        oak.knows(willow.house.do(ExportKey(willow.account)))
        (key,) = willow.house.do(AskOwnKeys(willow.account))
        backend = part_of(willow).work.keyring._backend
        assert backend is not None
        backend._gpg.gpgbinary = backend._lists.gpgbinary = "/nonexistent/gpg"
        oak.send(willow.jid, oak.seal(content("before the end", willow.jid), [key.fingerprint]))
        until(lambda: willow.house.history(chat), what="the message")
        willow.house.wait(WentWrong, lambda event: event.problem.fault is Fault.GPG_MISSING)
        willow.house.stop()
        willow.house = engine("willow", offline=True, feature=willow._feature)
        willow.run(_over(part_of(willow)))
        assert note(willow.house.history(chat)[0]) == "opening"
        willow.house.stop()
        again = engine("willow", feature=willow._feature)
        found = until(lambda: [m for m in again.history(chat) if note(m) != "opening"], 20, "it to be opened")
        assert [(m.body, note(m)) for m in found] == [("before the end", "trusted")]


async def _over(part: Part) -> None:
    """Until it has opened what it can."""
    assert part.opening._task is not None
    await part.opening._task


def test_what_takes_too_long_to_open_is_tried_once_more_at_the_next_start(
    engine: Callable[..., RunningEngine], talker: MakeTalker, monkeypatch: pytest.MonkeyPatch
) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    with monkeypatch.context() as busy:
        busy.setattr(GnupgBackend, "open", lambda *_: Opened(Verdict.TOO_SLOW))
        willow.says(to_rose, "on a busy day")
        until(lambda: [m for m in rose.house.history(with_willow) if note(m) == "unreadable"], what="no answer")
        rose.house.stop()
        again = engine("rose", feature=openpgp)
        # The computer is as busy as before: then it is not tried any more, but what comes is.
        until(lambda: not _kept(again), what="the second try")
        again.stop()
    last = engine("rose", feature=openpgp)
    last.wait(LinkChanged, lambda event: event.link is Link.ONLINE)
    willow.says(to_rose, "another day")
    until(lambda: "another day" in last.bodies(with_willow))
    assert last.bodies(with_willow) == ["", "another day"]


def test_what_took_too_long_once_is_read_after_the_next_start(
    engine: Callable[..., RunningEngine], talker: MakeTalker, monkeypatch: pytest.MonkeyPatch
) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    with monkeypatch.context() as busy:
        busy.setattr(GnupgBackend, "open", lambda *_: Opened(Verdict.TOO_SLOW))
        willow.says(to_rose, "on a busy day")
        until(lambda: [m for m in rose.house.history(with_willow) if note(m) == "unreadable"], what="no answer")
        rose.house.stop()
    again = engine("rose", feature=openpgp)
    until(lambda: again.bodies(with_willow) == ["on a busy day"], what="the second try")


def _kept(house: RunningEngine) -> bool:
    """Whether anything is kept to be opened another time."""
    assert house._opened is not None
    db = Database(*house._opened, read_only=True)
    try:
        return bool(db.one("SELECT 1 FROM sealed WHERE waits <> 0"))
    finally:
        db.close()
