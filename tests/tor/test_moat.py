"""The service for bridges asked through the real transport: what gets through, what is refused, what is ended."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.forward import Forwarder
from teahouse.net import http
from teahouse.net.bridges import parse_line
from teahouse.net.dial import dial
from teahouse.net.moat import DEFAULTS, HOST, SETTINGS, Offer
from teahouse.net.moat import Moat as Client
from teahouse.net.way import ByMeek, Endpoint
from tests.rig.meek import LOOPBACK, Moat, told
from tests.rig.socks import SocksProxy
from tests.rig.tor_host import TorHost
from tests.rig.wait import until
from tests.security.certificates import Authority

LINE = f"obfs4 192.0.2.1:443 {'A' * 40} cert=abc iat-mode=0"
MakeHost = Callable[..., TorHost]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MakeHost]:
    """Call it for what a broker runs, with an environment."""
    started: list[TorHost] = []

    def start(**environment: str) -> TorHost:
        started.append(TorHost(tmp_path / f"broker{len(started)}", [], environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def asked(host: TorHost, *questions: str) -> list[tuple[Offer, ...] | Problem]:
    """What comes of these questions, asked one after another; the transport is ended after them."""

    async def ask() -> list[tuple[Offer, ...] | Problem]:
        client, loop = Client(host.tell), asyncio.get_running_loop()

        def heard(line: str) -> None:
            word, _, value = line.partition(" ")
            if word == "meek":
                loop.call_soon_threadsafe(client.hear, json.loads(value))

        host.heard = heard
        found: list[tuple[Offer, ...] | Problem] = []
        for question in questions:
            try:
                found.append(await client.ask(question))
            except Trouble as trouble:
                found.append(trouble.problem)
        client.close()
        return found

    return asyncio.run(ask())


def fault(host: TorHost) -> Fault:
    """What is wrong with the answer."""
    found = asked(host, SETTINGS)[0]
    assert isinstance(found, Problem), found
    return found.fault


def test_the_service_is_asked_behind_the_front(broker: MakeHost, moat: Moat) -> None:
    """Two questions through one transport. The front is told another host; the service learns nothing but the question;
    nothing is left running."""
    moat.service.offers(LINE)
    host = broker()
    assert asked(host, SETTINGS, DEFAULTS) == [((parse_line(LINE),),)] * 2
    assert moat.service.paths == ["settings", "defaults"]
    assert set(moat.meek.hosts) == {f"reflector.example:{moat.meek.port}"}
    kind = "application/vnd.api+json"
    assert moat.service.asked[0] == http.request(HOST, "/moat/circumvention/settings", b"{}", kind)
    until(lambda: not host.children("obfs4proxy"), what="the transport to end")
    assert not (host.run / "meek").exists()


def test_the_transport_ends_with_the_client(broker: MakeHost) -> None:
    host = broker()
    host.tell("tor meek")
    until(lambda: [line for line in host.lines if line.startswith("tor meek")], what="the transport")
    transport = host.children("obfs4proxy")[0]
    host.stop()
    until(lambda: not Path(f"/proc/{transport}").exists(), what="the transport to end")


def test_a_computer_without_the_transport_says_so(broker: MakeHost, moat: Moat, tmp_path: Path) -> None:
    """And nothing is asked."""
    assert fault(broker(PATH=str(tmp_path))) is Fault.MOAT_NO_TRANSPORT
    assert moat.meek.hosts == []


def test_a13_a_certificate_for_another_name_is_refused(
    broker: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    moat = Moat(other, ("bridges.example",))
    monkeypatch.setenv("TEAHOUSE_MOAT", str(moat.file))
    assert fault(broker()) is Fault.CERTIFICATE_REFUSED
    assert moat.service.asked == [] and moat.meek.hosts
    moat.stop()


def test_a13_a_certificate_by_another_authority_is_refused(broker: MakeHost, moat: Moat, tmp_path: Path) -> None:
    moat.write(Authority(tmp_path, "stranger").file)
    assert fault(broker()) is Fault.CERTIFICATE_REFUSED
    assert moat.service.asked == []


ANSWERS = {
    "an error": (told({"errors": [{"code": 406, "detail": "no country"}]}), Fault.NO_BRIDGES_GIVEN),
    "a redirect": (told({}, "Location: https://tracker.example/", status="302 Found"), Fault.SERVER_MISBEHAVED),
    "garbage": (bytes(range(256)) * 100 + b"\r\n\r\n", Fault.SERVER_MISBEHAVED),
    "too much": (told({"settings": "x" * 500_000}), Fault.SERVER_MISBEHAVED),
    "another type": (told(["settings"]), Fault.SERVER_MISBEHAVED),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a5_a_hostile_answer_is_refused(broker: MakeHost, moat: Moat, name: str) -> None:
    answer, wrong = ANSWERS[name]
    moat.service.answer = lambda path: answer
    assert fault(broker()) is wrong
    assert len(moat.service.asked) == 1


def test_a_service_that_never_answers_is_given_up(
    broker: MakeHost, moat: Moat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not waited for a second time."""
    monkeypatch.setattr(http, "PATIENCE", 1.0)
    moat.service.slow.set()
    found = asked(broker(), SETTINGS, DEFAULTS)
    assert [one.fault for one in found if isinstance(one, Problem)] == [Fault.MOAT_UNREACHABLE] * 2
    assert moat.service.paths == ["settings"]


@pytest.mark.parametrize("length", [200, 255, 256, 400])
def test_long_arguments_are_split_as_a_transport_expects(length: int, tmp_path: Path) -> None:
    """Seen by a proxy in the transport's place, which takes the credentials apart as pt-spec.txt says."""
    proxy = SocksProxy()
    bare = ByMeek(tmp_path / "door", "https://x.test/", "y.test")
    way = ByMeek(bare.socks, bare.url + "a" * (length - len(bare.arguments)), bare.front)
    assert len(way.arguments) == length
    door = Forwarder(way.socks, (LOOPBACK, proxy.port))
    with pytest.raises(Trouble):
        asyncio.run(dial(Endpoint(HOST, 1, True), way))
    user, password = proxy.users[0]
    assert (user + password.rstrip("\0")) == way.arguments and 0 < len(password) < 256
    door.close()
    proxy.stop()
