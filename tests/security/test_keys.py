"""A13: a server reached by Tor keeps its public key, whoever signs for another one; nothing is sent until a yes."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teahouse.domain.account import ANYWHERE, Account, Proxy, Route, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.session import connect
from teahouse.net.certificate import public_key
from teahouse.net.way import ByProxy, ByTor, Direct, Way
from tests.rig.hostile import JID, PASSWORD, USER, Hostile, Stage, Wire, to_bound
from tests.rig.socks import SocksProxy, UnixSocks
from tests.rig.wait import until
from tests.security.certificates import Authority, Shown

KEYS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}
OTHER = "0" * 64


def sha256(key: Any) -> str:
    """The pin of a private key's public half, by a second hand."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_key().public_bytes(serialization.Encoding.DER, form))
    return digest.finalize().hex()


@pytest.mark.parametrize("name", KEYS)
def test_the_key_is_that_of_rfc_7469(name: str) -> None:
    """Of every kind that servers have, compared with another reader of certificates."""
    key, now = KEYS[name](), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "茶" * 20)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1 << 150).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = builder.sign(key, None if name == "Ed25519" else hashes.SHA256())
    assert public_key(made.public_bytes(serialization.Encoding.DER)) == sha256(key)


@given(st.binary(max_size=300))
def test_what_is_no_certificate_has_no_key(raw: bytes) -> None:
    with pytest.raises(Trouble) as caught:
        public_key(raw)
    assert caught.value.problem.fault is Fault.CERTIFICATE_REFUSED


@pytest.fixture
def by_tor(tmp_path: Path) -> Iterator[ByTor]:
    """The way of a Tor account, through a SOCKS server that stands where tor would."""
    proxy = UnixSocks(tmp_path / "socks")
    yield ByTor(proxy.path, "someone", "1")
    proxy.stop()


def tried(account: Account, way: Way) -> tuple[str, Fault | None, list[tuple[str, Fault]]]:
    """The key of a session that stood, or why none did; and what was doubted."""
    doubted: list[tuple[str, Fault]] = []

    def doubt(shown: str, problem: Problem) -> None:
        doubted.append((shown, problem.fault))

    async def run() -> tuple[str, Fault | None]:
        try:
            client = await connect(account, PASSWORD, way, lambda _: None, doubt, patience=5)
        except Trouble as trouble:
            return "", trouble.problem.fault
        client.close()
        await client.closed()
        return client.key, None

    return (*asyncio.run(run()), doubted)


def silent(wire: Wire) -> bool:
    """Whether nothing but a stream header and the wish for TLS came."""
    clear = bytes(wire.received[Stage.CLEAR])
    assert clear.count(b"<") <= 2 and USER.encode() not in clear
    return not any(wire.received[stage] for stage in Stage if stage is not Stage.CLEAR)


@pytest.mark.parametrize("direct_tls", [False, True])
def test_a13_another_key_under_the_same_authority_gets_nothing(
    direct_tls: bool, authority: Authority, trusting: Server, by_tor: ByTor
) -> None:
    """The same key in a renewed certificate is welcome."""
    first = authority.sign(("hostile.test",))
    renewed, other = authority.sign(("hostile.test",), renewed=first), authority.sign(("hostile.test",))
    with Hostile(to_bound, first.context, direct_tls=direct_tls) as hostile:
        where = replace(trusting, host="127.0.0.1", port=hostile.port, direct_tls=direct_tls)
        account = Account(1, JID, USER, Route.TOR, where)
        assert tried(account, by_tor) == (sha256(first.key), None, [])
        account = replace(account, key=sha256(first.key))
        first.context.load_cert_chain(renewed.file)
        assert renewed.fingerprint != first.fingerprint
        assert tried(account, by_tor) == (sha256(first.key), None, [])
        first.context.load_cert_chain(other.file)
        shown = sha256(other.key)
        assert tried(account, by_tor) == ("", Fault.KEY_CHANGED, [(shown, Fault.KEY_CHANGED)])
        assert len(hostile.wires) == 3 and silent(hostile.wire)
        assert tried(replace(account, key=shown), by_tor) == (shown, None, [])
        until(lambda: hostile.wire.gone)


def test_a13_the_ordinary_verification_comes_first(authority: Authority, trusting: Server, by_tor: ByTor) -> None:
    """The known key in a certificate for another name is no way in."""
    wrong = authority.sign(("other.test",))
    with Hostile(to_bound, wrong.context) as hostile:
        where = replace(trusting, host="127.0.0.1", port=hostile.port)
        account = Account(1, JID, USER, Route.TOR, where, key=sha256(wrong.key))
        assert tried(account, by_tor)[1] is Fault.CERTIFICATE_REFUSED
        until(lambda: all(wire.gone for wire in hostile.wires))
        assert all(silent(wire) for wire in hostile.wires)


def test_other_routes_are_not_pinned(honest: Shown, trusting: Server) -> None:
    proxy = SocksProxy()
    try:
        with Hostile(to_bound, honest.context) as hostile:
            where, own = replace(trusting, host="127.0.0.1", port=hostile.port), Proxy("127.0.0.1", proxy.port)
            account = Account(1, JID, USER, Route.DIRECT, where, key=OTHER)
            assert tried(account, Direct()) == ("", None, [])
            assert tried(replace(account, route=Route.PROXY, proxy=own), ByProxy(own)) == ("", None, [])
            until(lambda: all(wire.gone for wire in hostile.wires))
    finally:
        proxy.stop()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pinned=st.booleans(),
    ca=st.booleans(),
    plain=st.booleans(),
    enabled=st.booleans(),
    number=st.integers(0, 3),
    proxy=st.none() | st.just(Proxy("127.0.0.1", 1)),
    onion=st.sampled_from([ANYWHERE, Server("x" * 56 + ".onion", 5222)]),
)
def test_a13_no_setting_of_a_tor_account_skips_the_key(
    honest: Shown, trusting: Server, by_tor: ByTor, pinned: bool, ca: bool, plain: bool,
    enabled: bool, number: int, proxy: Proxy | None, onion: Server,
) -> None:  # fmt: skip
    """Not even a pinned certificate: whatever is set, another key is refused in silence."""
    with Hostile(to_bound, honest.context) as hostile:
        where = Server("127.0.0.1", hostile.port, False, trusting.ca_file if ca else "")
        where = replace(where, pin=honest.fingerprint if pinned else "")
        account = Account(number, JID, USER, Route.TOR, where, plain, enabled, proxy, onion, OTHER)
        verified = pinned or ca
        assert tried(account, by_tor)[1] is (Fault.KEY_CHANGED if verified else Fault.CERTIFICATE_REFUSED)
        until(lambda: all(wire.gone for wire in hostile.wires))
        assert all(silent(wire) for wire in hostile.wires)
