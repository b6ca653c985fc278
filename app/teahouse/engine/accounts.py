"""Commands about accounts: sign in, register, go online and offline, trust a certificate."""

from dataclasses import replace

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Route
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import RegistrationForm
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.session import connect
from teahouse.store import accounts as stored


async def _open_registration(desk: Desk, wish: c.OpenRegistration) -> RegistrationForm:
    return await desk.registrations.begin(Jid.parse(wish.domain).domain, wish.server)


async def _submit_registration(desk: Desk, wish: c.SubmitRegistration) -> Account:
    registering = desk.registrations.get(wish.ticket)
    values = dict(wish.values)
    jid = Jid.parse(f"{values.get('username', '')}@{registering.domain}").bare
    await registering.client.submit(wish.values)
    desk.registrations.end(wish.ticket)
    account = Account(0, jid, wish.nick or Jid.parse(jid).local, Route.DIRECT, registering.server)
    return keep(desk, account, values.get("password", ""))


async def _cancel_registration(desk: Desk, wish: c.CancelRegistration) -> None:
    desk.registrations.end(wish.ticket)


async def _add_account(desk: Desk, wish: c.AddAccount) -> Account:
    jid = Jid.parse(wish.jid)
    if not jid.local:
        raise Trouble(Problem(Fault.BAD_ADDRESS, wish.jid))
    if any(a.jid == jid.bare for a in stored.every(desk.tools.db)):
        raise Trouble(Problem(Fault.ACCOUNT_EXISTS, jid.bare))
    account = Account(0, jid.bare, wish.nick or jid.local, Route.DIRECT, wish.server, wish.allow_plain)
    tried = await connect(account, wish.password, lambda _: None)
    tried.close()
    await tried.closed()
    return keep(desk, account, wish.password)


def keep(desk: Desk, account: Account, password: str) -> Account:
    """Store a new account and take it online."""
    kept = stored.add(desk.tools.db, account, password)
    desk.add(kept).session.start()
    return kept


async def _connect(desk: Desk, wish: c.Connect) -> None:
    stored.set_enabled(desk.tools.db, wish.account, True)
    desk.of(wish.account).session.start()


async def _disconnect(desk: Desk, wish: c.Disconnect) -> None:
    stored.set_enabled(desk.tools.db, wish.account, False)
    await desk.of(wish.account).session.stop()


async def _trust(desk: Desk, wish: c.TrustCertificate) -> None:
    pin = wish.fingerprint.replace(" ", "").replace(":", "").lower()
    if len(pin) != 64 or any(digit not in "0123456789abcdef" for digit in pin):
        raise Trouble(Problem(Fault.CERTIFICATE_REFUSED, "", "not a SHA-256 fingerprint"))
    stored.set_pin(desk.tools.db, wish.account, pin)
    session = desk.of(wish.account).session
    await session.stop()
    session.account = replace(session.account, server=replace(session.account.server, pin=pin))
    session.start()


COMMANDS: Handlers = {
    c.OpenRegistration: _open_registration,
    c.SubmitRegistration: _submit_registration,
    c.CancelRegistration: _cancel_registration,
    c.AddAccount: _add_account,
    c.Connect: _connect,
    c.Disconnect: _disconnect,
    c.TrustCertificate: _trust,
}
