"""A server in memory, and a machine of hypothesis that makes it and its network do what they may do at any time.

Client, stream management, outbox, archive and database are the real ones, without sockets. The model is what everybody
has said: in the end the other one has heard each of our messages once and in order, we have theirs, and whatever was
shown as arrived had reached the server at that moment.
"""

import asyncio
import itertools
import selectors
import tempfile
import xml.etree.ElementTree as ET
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from teahouse.domain import commands as c
from teahouse.domain.account import ANYWHERE, Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import LATEST, Delivery, Message
from teahouse.engine import chatting
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.guard import Phase
from teahouse.engine.online import Online
from teahouse.engine.routing import routes_of
from teahouse.net.way import Direct
from teahouse.store import accounts, chats, messages
from teahouse.store.database import Database
from tests.rig.honest import ROSE, attributes
from tests.rig.hostile import BIND_NS, HEADER, JID
from tests.rig.managed import SM
from tests.security.test_phases import Wire

MAM, RSM = "urn:xmpp:mam:2", "http://jabber.org/protocol/rsm"
FEATURES = f"<stream:features><bind xmlns='{BIND_NS}'/><sm xmlns='{SM}'/></stream:features>"
TICKED = (Delivery.ACKED, Delivery.CONFIRMED)
PAGE = 3


@dataclass
class Kept:
    """A session as the server has it: how many of ours it handled, and what it sent that is not acknowledged."""

    handled: int = 0
    sent: int = 0
    unacked: deque[str] = field(default_factory=deque)

    def acknowledged(self, count: int) -> None:
        """The client has so many."""
        while self.sent - len(self.unacked) < count:
            self.unacked.popleft()


@dataclass
class Server:
    """It takes what comes up in order, and keeps all that was said."""

    archive: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(sender, to, body, origin id) in order; the id is the place."""
    sessions: dict[str, Kept] = field(default_factory=dict)
    now: Kept | None = None
    down: deque[str] = field(default_factory=deque)
    up: deque[str] = field(default_factory=deque)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def bodies(self, sender: str) -> list[str]:
        """What this one has said."""
        return [body for who, _, body, _ in self.archive if who == sender]

    def send(self, text: str) -> None:
        """A stanza for the client, in the session that is up."""
        if self.now is not None:
            self.now.sent += 1
            self.now.unacked.append(text)
        self.down.append(text)

    def says(self, body: str) -> None:
        """The other one writes."""
        number = len(self.archive)
        self.archive.append((ROSE, JID, body, f"r{number}"))
        live = f"<message{attributes(from_=f'{ROSE}/x', to=JID, type='chat', id=f'r{number}')}><body>{body}</body>"
        live += f"<stanza-id xmlns='urn:xmpp:sid:0' by='{JID}' id='m{number}'/></message>"
        if self.now is not None:
            self.send(live)
        else:
            for kept in self.sessions.values():
                kept.sent += 1
                kept.unacked.append(live)

    def take(self) -> None:
        """Handle the next thing that came up."""
        stanza = ET.fromstring(f"<s xmlns='jabber:client'>{self.up.popleft()}</s>")[0]
        name = stanza.tag.rpartition("}")[2]
        if stanza.tag.startswith(f"{{{SM}}}"):
            return self._managed(name, stanza)
        if self.now is not None:
            self.now.handled += 1
        if name == "message":
            body, origin = stanza.findtext("{jabber:client}body") or "", stanza.get("id", "")
            self.archive.append((JID, stanza.get("to", ""), body, origin))
        elif name == "iq" and stanza.get("type") in ("get", "set"):
            self._answer(stanza)

    def _managed(self, name: str, xml: ET.Element) -> None:
        if name == "enable":
            number = f"s{next(self._numbers)}"
            self.sessions = {number: Kept()}
            self.now = self.sessions[number]
            self.down.append(f"<enabled xmlns='{SM}' id='{number}' resume='true'/>")
        elif name == "r" and self.now is not None:
            self.down.append(f"<a xmlns='{SM}' h='{self.now.handled}'/>")
        elif name == "a" and self.now is not None:
            self.now.acknowledged(int(xml.get("h", "0")))
        elif name == "resume":
            previous = xml.get("previd", "")
            self.now = self.sessions.get(previous)
            if self.now is None:
                self.down.append(f"<failed xmlns='{SM}'/>")
                return
            self.now.acknowledged(int(xml.get("h", "0")))
            self.down.append(f"<resumed xmlns='{SM}' previd='{previous}' h='{self.now.handled}'/>")
            self.down.extend(self.now.unacked)

    def _answer(self, iq: ET.Element) -> None:
        asked, number = iq[0], iq.get("id", "")
        inner, kind, whole = "", "result", attributes(id=number, from_=iq.get("to") or JID, to=f"{JID}/here")
        if asked.tag.endswith("}bind"):
            inner = f"<bind xmlns='{BIND_NS}'><jid>{JID}/here</jid></bind>"
        elif asked.tag.endswith("}query") and "disco#info" in asked.tag:
            told = "".join(f"<feature var='{feature}'/>" for feature in (MAM, "urn:xmpp:sid:0"))
            inner = f"<query xmlns='http://jabber.org/protocol/disco#info'>{told}</query>"
        elif asked.tag == "{jabber:iq:roster}query":
            inner = f"<query xmlns='jabber:iq:roster'><item jid='{ROSE}' subscription='both'/></query>"
        elif asked.tag == f"{{{MAM}}}query":
            inner = self._page(asked)
        elif asked.tag == f"{{{MAM}}}prefs":
            inner = f"<prefs xmlns='{MAM}' default='always'/>"
        elif asked.tag.endswith("}ping"):
            kind = "error"
        answer = f"<iq type='{kind}'{whole}>{inner}</iq>"
        if asked.tag.endswith("}bind"):
            self.now = None
            self.down.append(answer)
        else:
            self.send(answer)

    def _page(self, query: ET.Element) -> str:
        after = query.findtext(f"{{{RSM}}}set/{{{RSM}}}after")
        newest = query.find(f"{{{RSM}}}set/{{{RSM}}}before") is not None
        numbered = list(enumerate(self.archive))
        rest = numbered[int(after[1:]) + 1 :] if after else numbered
        page = rest[-PAGE:] if newest else rest[:PAGE]
        for number, (sender, to, body, origin) in page:
            inner = f"<message xmlns='jabber:client'{attributes(from_=f'{sender}/x', to=to, type='chat', id=origin)}>"
            inner += f"<body>{escape(body)}</body></message>"
            # One second for all: the archive's order must rule.
            delay = "<delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/>"
            told = f"<result xmlns='{MAM}' queryid='{query.get('queryid')}' id='m{number}'>"
            told += f"<forwarded xmlns='urn:xmpp:forward:0'>{delay}{inner}</forwarded></result>"
            self.send(f"<message{attributes(from_=JID, to=f'{JID}/here')}>{told}</message>")
        frame = f"<first>m{page[0][0]}</first><last>m{page[-1][0]}</last>" if page else ""
        complete = "true" if len(rest) <= PAGE else "false"
        return f"<fin xmlns='{MAM}' complete='{complete}'><set xmlns='{RSM}'>{frame}</set></fin>"


class Line(Wire):
    """What the client writes goes up, as long as the line stands."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.up = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """One stanza at a time."""
        text = bytes(data).decode()
        if self.up and not text.startswith(("<stream:", "</stream:")):
            self._server.up.append(text)

    def pause_reading(self) -> None:
        """It never comes to that."""

    def resume_reading(self) -> None:
        """Nor to that."""


class _Selector(selectors.DefaultSelector):
    """Never waits: the loop's time goes on instead, so that a run depends on nothing but what is drawn."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """What is ready."""
        self.now += max(timeout or 0.0, 0.0)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """A loop without clock and threads."""

    def __init__(self) -> None:
        self._clockless = _Selector()
        super().__init__(self._clockless)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> "asyncio.Future[Any]":
        """Done at once, in the loop's own thread."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as failure:
            done.set_exception(failure)
        return done

    def time(self) -> float:
        """Seconds, as far as the loop has waited."""
        return self._clockless.now


class Delivering(RuleBasedStateMachine):
    """Everything that may happen between two people, one of whom has a bad network and crashes."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="model-")
        self.loop = Loop()
        self.server, self.said, self.theirs = Server(), 0, 0
        self.client: Client | None = None
        self.line: Line | None = None
        self.desk: Desk
        self.online: Online
        self._run(self._start())
        db = self.desk.tools.db
        self.chat = chats.ensure(db, self.online.account.id, ROSE, ChatKind.PERSON, "Rose").id
        # Signed in once: what comes from now on is to be read, however long ago.
        self.good_network()

    # -- the program -----------------------------------------------------------

    def _run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _start(self) -> None:
        db = Database(Path(self._folder.name) / "db", bytes(32))
        self.desk = Desk(db, lambda _: None, routes_of(None, lambda _: None, None), offline=True)
        known = accounts.every(db)
        self.online = self.desk.add(known[0] if known else accounts.add(db, Account(0, JID, "willow"), "secret"))
        self.online.outbox.lost()

    async def _turns(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)

    def history(self) -> list[Message]:
        """What is on disk."""
        return list(messages.before(self.desk.tools.db, self.chat, LATEST, 10_000))

    # -- what may happen ---------------------------------------------------------

    @rule()
    def write(self) -> None:
        """The user writes."""
        self.said += 1
        self._run(chatting.COMMANDS[c.SendMessage](self.desk, c.SendMessage(self.chat, f"ours {self.said}")))
        self._run(self._turns())

    @rule()
    def hear(self) -> None:
        """The other one writes."""
        self.theirs += 1
        self.server.says(f"theirs {self.theirs}")

    @rule()
    def calm(self) -> None:
        """For a while the network is good: what follows happens in a session that is up."""
        self.good_network()

    @rule(count=st.integers(1, 8))
    def exchange(self, count: int) -> None:
        """So many times each side gets one thing."""
        for _ in range(count):
            if self.server.up:
                self.server.take()
            if self.server.down and self.client is not None and self.client.problem is None:
                self._run(self._arrive(self.server.down.popleft()))

    @precondition(lambda self: self.server.up)
    @rule(count=st.integers(1, 8))
    def up(self, count: int) -> None:
        """The server takes some of what was sent."""
        for _ in range(min(count, len(self.server.up))):
            self.server.take()

    @precondition(lambda self: self.server.down)
    @rule(count=st.integers(1, 8))
    def down(self, count: int) -> None:
        """Some of what the server sent arrives."""
        for _ in range(min(count, len(self.server.down))):
            if self.client is None or self.client.problem is not None or not self.server.down:
                break
            self._run(self._arrive(self.server.down.popleft()))

    async def _arrive(self, text: str) -> None:
        assert self.client is not None
        self.client.data_received(text.encode())
        if self.client.phase is Phase.BOUND and self.online.session.client is not self.client:
            self.online.session.client = self.client
            self.online.session._arrived(self.client)
        await self._turns()

    @precondition(lambda self: self.client is None)
    @rule()
    def connect(self) -> None:
        """A new connection, which resumes the session where there is one to resume."""
        self._run(self._connect())

    async def _connect(self) -> None:
        held = self.online.session._held
        if held is not None and not held.usable(Direct()):
            self.online.session._forget()
            held = None
        stream = held.stream if held is not None and held.stream.commit() else None
        client, self.line = Client(JID, "secret", ANYWHERE, None, held=stream), Line(self.server)
        client.connection_made(self.line)
        client.phase, client._expected = Phase.AUTH, client.secured
        client._login._expected = client._login._bind
        self.client = client
        self.server.now = None
        self.server.up.clear()
        self.server.down = deque([HEADER.decode() + FEATURES])
        await self._turns()

    @precondition(lambda self: self.client is not None)
    @rule(taken=st.integers(0, 3))
    def cut(self, taken: int) -> None:
        """The connection breaks; the server may get a little of what was under way."""
        for _ in range(min(taken, len(self.server.up))):
            self.server.take()
        self._run(self._cut())

    async def _cut(self) -> None:
        client = self.client
        assert client is not None and self.line is not None
        self.line.up = False
        client.connection_lost(None)
        self._parted(client)
        await self._turns()

    def _parted(self, client: Client) -> None:
        self.client = None
        self.server.up.clear()
        self.server.down.clear()
        self.server.now = None
        if self.online.session.client is client:
            self.online.session._parted(client, Direct())

    @precondition(lambda self: self.client is None)
    @rule()
    def flash(self) -> None:
        """A connection that has ended before the session notices that it was up."""
        self._run(self._flash())

    async def _flash(self) -> None:
        await self._connect()
        client = self.client
        assert client is not None and self.line is not None
        for _ in range(4):
            while self.server.up:
                self.server.take()
            while self.server.down:
                client.data_received(self.server.down.popleft().encode())
        self.line.up = False
        client.connection_lost(None)
        if client.phase is Phase.BOUND:
            self.online.session.client = client
            self.online.session._arrived(client)
        self._parted(client)
        await self._turns()

    @rule()
    def forget(self) -> None:
        """The server is started anew: it knows no session any more, only what was said."""
        if self.client is not None:
            self._run(self._cut())
        self.server.sessions.clear()

    @rule()
    def crash(self) -> None:
        """The program dies, and is started again: only what is on disk is left."""
        self._run(self._crash())

    async def _crash(self) -> None:
        if self.line is not None:
            self.line.up = False
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        self.desk.inbound._waiting.clear()
        self.online.reception.requests._waiting.clear()
        await self._turns()
        self.desk.tools.db.close()
        self.client = None
        self.server.up.clear()
        self.server.down.clear()
        self.server.now = None
        await self._start()

    # -- what must hold ----------------------------------------------------------

    @invariant()
    def no_false_tick(self) -> None:
        """What is shown as arrived has reached the server."""
        ticked = [m.body for m in self.history() if m.mine and m.state in TICKED]
        assert set(ticked) <= set(self.server.bodies(JID)), ticked

    @invariant()
    def nothing_twice(self) -> None:
        """The other one has heard each of our messages at most once, and in order; so have we."""
        heard = self.server.bodies(JID)
        assert heard == sorted(set(heard), key=number), heard
        for word in ("ours", "theirs"):
            here = [m.body for m in self.history() if m.body.startswith(word)]
            told = [(m.body, m.order, m.state.name) for m in self.history()]
            assert here == sorted(set(here), key=number), told

    def good_network(self) -> None:
        """Whatever is under way arrives, until all is quiet."""
        for _ in range(400):
            if self.client is None or self.client.problem is not None:
                if self.client is not None:
                    self._run(self._cut())
                self._run(self._connect())
            if not self.server.up and not self.server.down:
                for _ in range(5):
                    self._run(self._turns())
                self._run(asyncio.sleep(0.002))
                still = not self.server.up and not self.server.down and not self.online.reading.busy
                if still and self._all_there():
                    break
            while self.server.up:
                self.server.take()
            while self.server.down and self.client is not None and self.client.problem is None:
                self._run(self._arrive(self.server.down.popleft()))
        self.desk.inbound.flush()

    def _all_there(self) -> bool:
        """Whether nothing is to be waited for any more: what is late by a thread of its own comes by waiting."""
        history = self.history()
        ticked = all(m.state in TICKED for m in history if m.mine)
        return ticked and sum(not m.mine for m in history) >= self.theirs

    def teardown(self) -> None:
        """In the end the network is good: then all is where it belongs."""
        try:
            self.good_network()
            assert self.server.bodies(JID) == [f"ours {n + 1}" for n in range(self.said)]
            states = {m.body: m.state for m in self.history() if m.mine}
            assert all(state in TICKED for state in states.values()), states
            here = [m.body for m in self.history() if not m.mine]
            told = f"{[(m.body, m.order, m.state.name) for m in self.history()]} of {self.server.archive}"
            assert here == [f"theirs {n + 1}" for n in range(self.theirs)], told
            self.no_false_tick()
            self.nothing_twice()
        finally:
            self._run(self._end())
            self.loop.close()
            self._folder.cleanup()

    async def _end(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await self._turns()
        if self.client is not None:
            self.client.connection_lost(None)
        self.desk.tools.db.close()


def number(body: str) -> int:
    """The number at its end."""
    return int(body.rpartition(" ")[2])
