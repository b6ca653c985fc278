"""What is asked of web servers: host-meta and the pictures of a form. By the account's way, of the server alone."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.account import Proxy, Server
from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.engine.captcha import place_of, with_pictures
from teahouse.net import hostmeta
from teahouse.net.endpoints import endpoints
from teahouse.net.hostmeta import PATH, places
from teahouse.net.http import Answer
from teahouse.net.way import ByProxy, ByTor, Direct, Endpoint, Way
from tests.rig.meek import LOOPBACK, Service, told
from tests.rig.socks import SocksProxy, UnixSocks
from tests.security.certificates import Authority

DOMAIN, PICTURE = "tea.example", b"\x89PNG picture"
TLS = "urn:xmpp:alt-connections:tls"
LINK = {"rel": TLS, "port": 5223, "sni": "xmpp.tea.example", "priority": 1, "weight": 0, "ips": ["192.0.2.1"]}
USUAL = [Endpoint(DOMAIN, 5223, True), Endpoint(DOMAIN, 5222, False), Endpoint(DOMAIN, 443, True)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Service]:
    """The web server of the domain and of what is below it."""
    service = Service(Authority(tmp_path, "web").sign((DOMAIN, f"www.{DOMAIN}")).context, b"\r\n\r\n")
    yield service
    service.stop()


@pytest.fixture
def proxy(site: Service) -> Iterator[SocksProxy]:
    """Leads every name to the site."""
    found = SocksProxy(lambda _name, _port: (LOOPBACK, site.port))
    yield found
    found.stop()


@pytest.fixture
def server(tmp_path: Path, site: Service) -> Server:
    """Nothing is known of the server but who vouches for it."""
    return Server(ca_file=str(tmp_path / "web.pem"))


def by(proxy: SocksProxy) -> Way:
    return ByProxy(Proxy(LOOPBACK, proxy.port))


def found(server: Server, way: Way) -> list[Endpoint]:
    """Where the server is looked for when there are no SRV records."""

    async def look() -> list[Endpoint]:
        return [place async for place in endpoints(DOMAIN, server, way, servers=[])]

    return asyncio.run(look())


def test_host_meta_says_where_the_server_is(site: Service, proxy: SocksProxy, server: Server) -> None:
    """Asked through the way, by name; the request tells nothing but the question."""
    links = [{**LINK, "port": 443, "priority": 9}, LINK, {**LINK, "rel": "urn:xmpp:alt-connections:quic"}]
    site.answer = lambda path: told({"xmpp": {"ttl": 60}, "links": links})
    assert found(server, by(proxy)) == [Endpoint("xmpp.tea.example", port, True) for port in (5223, 443)]
    assert proxy.asked == [(1, DOMAIN, 443)]
    expected = f"GET {PATH} HTTP/1.1\r\nHost: {DOMAIN}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    assert site.asked == [expected.encode()]


@pytest.mark.parametrize(
    "answer",
    [
        told({"xmpp": {}}, status="404 Not Found"),
        told({}, "Location: https://tracker.example/", status="301 Moved"),
        told([]),
        told({"links": 7}),
        told({"links": [{**LINK, "port": "5223"}, {**LINK, "sni": "192.0.2.1"}, {**LINK, "sni": "a\r\nb.example"}]}),
        told({"links": [{**LINK, "sni": "x" * 56 + ".onion"}, {**LINK, "port": 0}, {**LINK, "priority": True}, None]}),
        b"SSH-2.0-OpenSSH\r\n",
        told({"links": [LINK] * 3, "more": "x" * 70_000}),
    ],
)
def test_what_makes_no_sense_leads_nowhere(
    site: Service, proxy: SocksProxy, server: Server, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostmeta, "PATIENCE", 1.0)
    site.answer = lambda path: answer
    assert found(server, by(proxy)) == USUAL


def test_a_direct_account_asks_no_web_server(site: Service, server: Server) -> None:
    assert found(server, Direct())[0].host == DOMAIN and site.asked == []


def test_another_certificate_is_not_believed(tmp_path: Path, site: Service, proxy: SocksProxy) -> None:
    site.answer = lambda path: told({"links": [LINK]})
    other = Authority(tmp_path, "other")
    assert found(Server(ca_file=str(other.file)), by(proxy)) == USUAL
    assert site.asked == []


@pytest.mark.parametrize("tor", [True, False])
def test_an_onion_location_is_tried_first_and_only_by_tor(
    tmp_path: Path, site: Service, server: Server, tor: bool
) -> None:
    onion = "a" * 56 + ".onion"
    site.answer = lambda path: told({"links": [LINK]}, f"Onion-Location: http://www.{onion}/.well-known/host-meta.json")
    to_site = lambda _name, _port: (LOOPBACK, site.port)  # noqa: E731
    socks = UnixSocks(tmp_path / "socks", to_site) if tor else SocksProxy(to_site)
    way: Way = ByTor(tmp_path / "socks", "user", "1") if tor else by(socks)
    places = [Endpoint("xmpp.tea.example", 5223, True)]
    assert found(server, way) == ([Endpoint(onion, 5222, False), *places] if tor else places)
    socks.stop()


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["rel", "port", "sni", "priority", "weight", "links"])
    return st.lists(values, max_size=4) | st.dictionaries(keys, values, max_size=6)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.sampled_from([TLS, DOMAIN]), nested, max_leaves=20))
def test_no_answer_breaks_the_reader(value: Any) -> None:
    for body in (json.dumps(value), json.dumps({"links": value}), json.dumps({"links": [value, LINK]})):
        for place in places(Answer({}, body.encode()), DOMAIN):
            assert place.direct_tls and 0 < place.port < 65536


def pictured(*urls: str) -> RegistrationForm:
    """A form of one question for each picture."""
    fields = tuple(FormField(f"ocr{at}", "", image_url=url) for at, url in enumerate(urls))
    return RegistrationForm(DOMAIN, "", fields, 1)


def test_a_picture_comes_by_the_way_of_the_account(site: Service, proxy: SocksProxy, server: Server) -> None:
    site.answer = lambda path: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PICTURE) + PICTURE
    form = pictured(
        f"https://www.{DOMAIN}:5443/captcha/7?size=2", f"https://{DOMAIN}/again", "https://evil.example/x.png"
    )
    shown = asyncio.run(with_pictures(form, server, by(proxy)))
    assert [field.image for field in shown.fields] == [PICTURE, PICTURE, b""]
    assert sorted(proxy.asked) == [(1, DOMAIN, 443), (1, f"www.{DOMAIN}", 5443)]
    assert b"Host: www.tea.example:5443\r\n" in b"".join(site.asked)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", told({}, status="404 No")])
def test_a_picture_that_cannot_be_had_leaves_the_question(
    site: Service, proxy: SocksProxy, server: Server, answer: bytes
) -> None:
    site.answer = lambda path: answer
    shown = asyncio.run(with_pictures(pictured(f"https://{DOMAIN}/x"), server, by(proxy)))
    assert [field.image for field in shown.fields] == [b""]


@pytest.mark.parametrize(
    "url",
    [
        f"http://{DOMAIN}/x", f"https://{DOMAIN}@evil.example/x", f"https://user@{DOMAIN}/x", "https://127.0.0.1/x",
        f"https://not{DOMAIN}/x", f"https://{DOMAIN}.evil.example/", f"https://{DOMAIN}/a b", f"https://{DOMAIN}:99999/",
        f"https://{DOMAIN}/\r\nX: y", "file:///etc/passwd", "https://[broken", "", f"https://{DOMAIN}/{'x' * 2000}",
    ],
)  # fmt: skip
def test_a_form_sends_nobody_elsewhere(url: str) -> None:
    assert place_of(url, DOMAIN) is None
