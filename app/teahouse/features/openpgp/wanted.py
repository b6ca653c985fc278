"""What the window wants of OpenPGP, carried out; and the feature as the engine takes it."""

from functools import partial
from pathlib import Path

from teahouse.crypto.gpg_secret import backup_code
from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.openpgp import Key
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.desk import Desk, Feature, Handlers
from teahouse.engine.founding import found
from teahouse.features.openpgp import store
from teahouse.features.openpgp import wishes as w
from teahouse.features.openpgp.announcing import keep, kept
from teahouse.features.openpgp.model import Mode, OwnKey, PeerKey, Security
from teahouse.features.openpgp.part import Part
from teahouse.features.openpgp.post import OpenPgp


def openpgp(profile: Path) -> Feature:
    """For the profile in this folder."""
    return Feature(COMMANDS, partial(OpenPgp, profile=profile))


def _part(desk: Desk, account: int) -> Part:
    desk.of(account)
    assert isinstance(desk.tools.envelope, OpenPgp)
    return desk.tools.envelope.of(account)


def _of_chat(desk: Desk, number: int) -> tuple[Chat, Part]:
    chat, _ = desk.of_chat(number)
    return chat, _part(desk, chat.account)


# -- chats ----------------------------------------------------------------------


async def _ask_security(desk: Desk, wish: w.AskSecurity) -> Security:
    chat, part = _of_chat(desk, wish.chat)
    return await part.look(chat, fresh=wish.fresh)


async def _set_mode(desk: Desk, wish: w.SetMode) -> Security:
    chat, part = _of_chat(desk, wish.chat)
    if wish.mode is Mode.LEGACY:
        raise Trouble(Problem(Fault.NO_KEY, chat.title))  # by ChooseLegacy, which names the key
    if wish.mode is Mode.ON:
        await part.work.key()
    store.set_mode(desk.tools.db, chat.id, wish.mode, desk.tools.now())
    part.posting.release(chat.id)
    return await part.look(chat)


async def _look_at_key(desk: Desk, wish: w.LookAtKey) -> Key:
    return await _part(desk, wish.account).work.legacy.look_at(wish.data)


async def _choose_legacy(desk: Desk, wish: w.ChooseLegacy) -> Security:
    chat, part = _of_chat(desk, wish.chat)
    if chat.kind is not ChatKind.PERSON:
        raise Trouble(Problem(Fault.ROOM_UNFIT, chat.title))
    await part.work.legacy.choose(chat.jid, wish.fingerprint, wish.key)
    await part.work.key()
    store.set_mode(desk.tools.db, chat.id, Mode.LEGACY, desk.tools.now())
    part.posting.release(chat.id)
    part.presenting.again(chat.jid)
    return await part.look(chat)


async def _send_without(desk: Desk, wish: w.SendWithout) -> Security:
    chat, part = _of_chat(desk, wish.chat)
    store.set_without(desk.tools.db, chat.id, wish.jids | store.without(desk.tools.db, chat.id))
    part.posting.release(chat.id)
    return await part.look(chat)


async def _noticed(desk: Desk, wish: w.Noticed) -> Security:
    chat, part = _of_chat(desk, wish.chat)
    security = await part.securing.look(chat)
    store.noticed(desk.tools.db, chat.account, [one.jid for one in security.changed])
    part.look_at_all()
    return await part.look(chat)


async def _ask_keys(desk: Desk, wish: w.AskKeys) -> tuple[PeerKey, ...]:
    return store.peers(desk.tools.db, wish.account, wish.jid)


async def _new_group(desk: Desk, wish: w.NewSecretGroup) -> Chat:
    part = _part(desk, wish.account)
    await part.work.key()

    def made(chat: Chat) -> None:
        # Before anybody can write there, also where it is not finished, or the program ends meanwhile.
        store.set_mode(desk.tools.db, chat.id, Mode.ON, desk.tools.now())

    chat = await found(desk, wish.account, wish.name, wish.people, made)
    await part.look(chat)
    return chat


async def _decide(desk: Desk, wish: w.Decide) -> tuple[PeerKey, ...]:
    part, db = _part(desk, wish.account), desk.tools.db
    store.think(db, wish.account, wish.jid, wish.fingerprint, wish.trust)
    part.look_at_all()
    return store.peers(db, wish.account, wish.jid)


# -- our keys --------------------------------------------------------------------


async def _ask_own(desk: Desk, wish: w.AskOwnKeys) -> tuple[OwnKey, ...]:
    return store.own(desk.tools.db, wish.account)


async def _make(desk: Desk, wish: w.MakeKey) -> OwnKey:
    part = _part(desk, wish.account)
    return await _use(part, await part.work.keyring.make())


async def _import(desk: Desk, wish: w.ImportKey) -> OwnKey:
    part = _part(desk, wish.account)
    return await _bring(part, await part.work.keyring.use(wish.data, wish.passphrase))


async def _restore(desk: Desk, wish: w.RestoreKey) -> OwnKey:
    part = _part(desk, wish.account)
    backup = wish.backup or await kept(desk.of(wish.account).client())
    if not backup:
        raise Trouble(Problem(Fault.NO_KEY_BACKUP))
    return await _bring(part, await part.work.keyring.restore(backup, wish.code))


async def _keep_backup(desk: Desk, wish: w.KeepBackup) -> None:
    if not await keep(desk.of(wish.account).client(), wish.backup):
        raise Trouble(Problem(Fault.BACKUP_NOT_KEPT))


async def _revoke(desk: Desk, wish: w.RevokeKey) -> OwnKey:
    part = _part(desk, wish.account)
    revoked = await part.work.keyring.revoke()
    made = await part.work.keyring.make()
    if (client := part.work.client()) is not None:
        await part.work.finding.withdraw(client, *revoked)
    return await _use(part, made)


async def _bring(part: Part, key: OwnKey) -> OwnKey:
    part.opening.again()
    return await _use(part, key)


async def _use(part: Part, key: OwnKey) -> OwnKey:
    await part.work.present()
    part.presenting.again()
    part.look_at_all()
    return key


async def _export(desk: Desk, wish: w.ExportKey) -> bytes:
    return store.public(desk.tools.db, wish.account, _in_use(desk, wish.account).fingerprint)


async def _back_up(desk: Desk, wish: w.BackUpKey) -> tuple[str, bytes]:
    key, code = _in_use(desk, wish.account), backup_code()
    return code, await _part(desk, wish.account).work.keyring.back_up(key.fingerprint, code)


def _in_use(desk: Desk, account: int) -> OwnKey:
    own = _part(desk, account).work.keyring.own()
    if own is None:
        raise Trouble(Problem(Fault.NO_KEY, desk.of(account).account.jid))
    return own


COMMANDS: Handlers = {
    w.AskSecurity: _ask_security,
    w.SetMode: _set_mode,
    w.LookAtKey: _look_at_key,
    w.ChooseLegacy: _choose_legacy,
    w.SendWithout: _send_without,
    w.NewSecretGroup: _new_group,
    w.Decide: _decide,
    w.Noticed: _noticed,
    w.AskKeys: _ask_keys,
    w.AskOwnKeys: _ask_own,
    w.MakeKey: _make,
    w.ImportKey: _import,
    w.KeepBackup: _keep_backup,
    w.RestoreKey: _restore,
    w.RevokeKey: _revoke,
    w.ExportKey: _export,
    w.BackUpKey: _back_up,
}
