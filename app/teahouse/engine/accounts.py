"""Commands about accounts: sign in, register, go online and offline, trust a certificate or a key."""

from dataclasses import replace

from teahouse.crash import crash_point
from teahouse.domain import commands as c
from teahouse.domain.account import Account, Route
from teahouse.domain.jid import Jid
from teahouse.domain.key import Acceptance
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import RegistrationForm
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.routes import Isolation, sound_proxy
from teahouse.engine.session import connect
from teahouse.store import accounts as stored
from teahouse.store import keys


async def _open_registration(desk: Desk, wish: c.OpenRegistration) -> RegistrationForm:
    proxy = sound_proxy(wish.proxy) if wish.route is Route.PROXY else None
    return await desk.registrations.begin(Jid.parse(wish.domain).domain, wish.server, wish.route, proxy)


async def _submit_registration(desk: Desk, wish: c.SubmitRegistration) -> Account:
    registering = desk.registrations.get(wish.ticket)
    values = dict(wish.values)
    jid = Jid.parse(f"{values.get('username', '')}@{registering.domain}").bare
    await registering.client.submit(wish.values)
    desk.registrations.end(wish.ticket)
    nick = wish.nick or Jid.parse(jid).local
    account = Account(0, jid, nick, registering.route, registering.server, proxy=registering.proxy)
    account = replace(account, key=registering.client.key)
    return keep(desk, account, values.get("password", ""), registering.isolation)


async def _cancel_registration(desk: Desk, wish: c.CancelRegistration) -> None:
    desk.registrations.end(wish.ticket)


async def _add_account(desk: Desk, wish: c.AddAccount) -> Account:
    jid = Jid.parse(wish.jid)
    if not jid.local:
        raise Trouble(Problem(Fault.BAD_ADDRESS, wish.jid))
    if any(a.jid == jid.bare for a in stored.every(desk.tools.db)):
        raise Trouble(Problem(Fault.ACCOUNT_EXISTS, jid.bare))
    proxy = sound_proxy(wish.proxy) if wish.route is Route.PROXY else wish.proxy
    nick = wish.nick or jid.local
    account = Account(0, jid.bare, nick, wish.route, wish.server, wish.allow_plain, proxy=proxy)
    isolation, routes = Isolation(), desk.tools.routes
    way = await routes.way(account.route, account.proxy, isolation)
    trial = connect(account, wish.password, way, lambda _: None, resolvers=routes.resolvers)
    tried = await routes.keep_to(way, trial)
    tried.close()
    await tried.closed()
    return keep(desk, replace(account, key=tried.key), wish.password, isolation)


def keep(desk: Desk, account: Account, password: str, isolation: Isolation) -> Account:
    """Store a new account and take it online, under the SOCKS credentials that it was made with."""
    kept = stored.add(desk.tools.db, account, password)
    crash_point("account-kept")
    desk.tools.routes.adopt(kept.id, isolation)
    desk.add(kept).session.start()
    return kept


async def _connect(desk: Desk, wish: c.Connect) -> None:
    stored.set_enabled(desk.tools.db, wish.account, True)
    desk.of(wish.account).session.start()


async def _disconnect(desk: Desk, wish: c.Disconnect) -> None:
    stored.set_enabled(desk.tools.db, wish.account, False)
    await desk.of(wish.account).session.stop()


async def _trust(desk: Desk, wish: c.TrustCertificate) -> None:
    pin, session = _sha256(wish.fingerprint), desk.of(wish.account).session
    await session.stop()
    stored.set_pin(desk.tools.db, wish.account, pin)
    session.account = replace(session.account, server=replace(session.account.server, pin=pin))
    session.start()


async def _accept_key(desk: Desk, wish: c.AcceptKey) -> None:
    key, session = _sha256(wish.key), desk.of(wish.account).session
    await session.stop()
    host = session.account.jid.partition("@")[2]
    keys.accept(desk.tools.db, wish.account, host, key, Acceptance.CONFIRMED)
    session.account = replace(session.account, key=key)
    session.start()


def _sha256(typed: str) -> str:
    digits = typed.replace(" ", "").replace(":", "").lower()
    if len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise Trouble(Problem(Fault.CERTIFICATE_REFUSED, "", "not a SHA-256 fingerprint"))
    return digits


COMMANDS: Handlers = {
    c.OpenRegistration: _open_registration,
    c.SubmitRegistration: _submit_registration,
    c.CancelRegistration: _cancel_registration,
    c.AddAccount: _add_account,
    c.Connect: _connect,
    c.Disconnect: _disconnect,
    c.TrustCertificate: _trust,
    c.AcceptKey: _accept_key,
}
