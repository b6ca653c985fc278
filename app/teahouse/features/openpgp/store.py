"""Keys in the vault, which alone knows them for good: GnuPG gets copies, in memory, for as long as the program runs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from teahouse.features.openpgp.model import Mode, OwnKey, PeerKey, Trust, first_trust
from teahouse.store.database import Database


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret key (binary) and the random passphrase that protects it inside GnuPG."""

    fingerprint: str
    data: bytes
    phrase: str


def add_own(db: Database, account: int, key: OwnKey, secret: Secret, public: bytes) -> None:
    """Keep a key of ours; whatever there was is retired."""
    with db.transaction():
        db.run("UPDATE openpgp_own SET retired = 1 WHERE account = ?", (account,))
        db.run(
            "INSERT OR REPLACE INTO openpgp_own (account, fingerprint, secret, phrase, public, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (account, key.fingerprint, secret.data, secret.phrase, public, key.created),
        )


def retire(db: Database, account: int, fingerprint: str, public: bytes) -> None:
    """A key of ours was revoked: it only reads from now on. `public` has the revocation in it."""
    db.run(
        "UPDATE openpgp_own SET retired = 1, public = ? WHERE account = ? AND fingerprint = ?",
        (public, account, fingerprint),
    )


def own(db: Database, account: int) -> tuple[OwnKey, ...]:
    """All keys of an account, that in use first, then the newest first."""
    columns = "fingerprint, created, retired"
    order = "ORDER BY retired, created DESC, rowid DESC"
    rows = db.all(f"SELECT {columns} FROM openpgp_own WHERE account = ? {order}", (account,))
    return tuple(OwnKey(fingerprint, created, bool(retired)) for fingerprint, created, retired in rows)


def secrets(db: Database, account: int) -> tuple[Secret, ...]:
    """What GnuPG needs to read all that was ever sent to us, of the key in use first."""
    columns, order = "fingerprint, secret, phrase", "ORDER BY retired, created DESC, rowid DESC"
    rows = db.all(f"SELECT {columns} FROM openpgp_own WHERE account = ? {order}", (account,))
    return tuple(Secret(*row) for row in rows)


def public(db: Database, account: int, fingerprint: str) -> bytes:
    """Our public key, as it is published; empty when there is none."""
    row = db.one("SELECT public FROM openpgp_own WHERE account = ? AND fingerprint = ?", (account, fingerprint))
    return bytes(row[0]) if row else b""


def peers(db: Database, account: int, jid: str) -> tuple[PeerKey, ...]:
    """The keys of a bare address, in the order in which they came."""
    columns = "fingerprint, trust, announced, since, public IS NOT NULL, dated, noticed"
    rows = db.all(
        f"SELECT {columns} FROM openpgp_key WHERE account = ? AND jid = ? ORDER BY since, rowid", (account, jid)
    )
    return tuple(
        PeerKey(jid, fingerprint, Trust(trust), bool(announced), since, bool(held), dated, bool(noticed))
        for fingerprint, trust, announced, since, held, dated, noticed in rows
    )


def announced(db: Database, account: int, jid: str, fingerprints: Iterable[str], now: int) -> bool:
    """An address has said which keys it has at this time (milliseconds UTC); whether any of them is new to us."""
    wanted = tuple(dict.fromkeys(fingerprints))
    with db.transaction():
        known = peers(db, account, jid)
        fresh = [found for found in wanted if found not in {key.fingerprint for key in known}]
        # Both of two keys that come at once are new: neither makes the other doubtful.
        trust = first_trust(known).value
        db.run("UPDATE openpgp_key SET announced = 0 WHERE account = ? AND jid = ?", (account, jid))
        for fingerprint in wanted:
            db.run(
                "INSERT INTO openpgp_key (account, jid, fingerprint, trust, since, noticed) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET announced = 1",
                (account, jid, fingerprint, trust, now, not known),
            )
        db.run("INSERT OR REPLACE INTO openpgp_asked (account, jid, at) VALUES (?, ?, ?)", (account, jid, now))
    return bool(fresh)


def asked(db: Database, account: int, jid: str) -> int:
    """When (milliseconds UTC) the keys of an address were asked for; 0: never."""
    row = db.one("SELECT at FROM openpgp_asked WHERE account = ? AND jid = ?", (account, jid))
    return int(row[0]) if row else 0


def keep(db: Database, account: int, jid: str, fingerprint: str, key: bytes, dated: int = 0) -> None:
    """Keep the public key behind an announced fingerprint, and when it was published (seconds UTC)."""
    db.run(
        "UPDATE openpgp_key SET public = ?, dated = ? WHERE account = ? AND jid = ? AND fingerprint = ?",
        (key, dated, account, jid, fingerprint),
    )


def held(db: Database, account: int, jid: str) -> dict[str, bytes]:
    """The public keys that we have of an address, by fingerprint."""
    rows = db.all(
        "SELECT fingerprint, public FROM openpgp_key WHERE account = ? AND jid = ? AND public IS NOT NULL",
        (account, jid),
    )
    return {fingerprint: bytes(data) for fingerprint, data in rows}


def think(db: Database, account: int, jid: str, fingerprint: str, trust: Trust) -> None:
    """The user has decided about a key. With the first one that is verified, the others have to be decided, too."""
    with db.transaction():
        db.run(
            "UPDATE openpgp_key SET trust = ?, noticed = 1 WHERE account = ? AND jid = ? AND fingerprint = ?",
            (trust.value, account, jid, fingerprint),
        )
        if trust is Trust.VERIFIED:
            db.run(
                "UPDATE openpgp_key SET trust = ? WHERE account = ? AND jid = ? AND trust = ?",
                (Trust.UNDECIDED.value, account, jid, Trust.FIRST_USE.value),
            )


def noticed(db: Database, account: int, jids: Iterable[str]) -> None:
    """The user knows of all keys of these addresses."""
    with db.transaction():
        for jid in jids:
            db.run("UPDATE openpgp_key SET noticed = 1 WHERE account = ? AND jid = ?", (account, jid))


def first_time(db: Database, account: int, signature: str, chat: str, stanza_id: str) -> bool:
    """Note a signed message; False when it was there before, in another chat or as another stanza of this one.

    Only its id tells that it is the same stanza, from an archive: a copy without one is refused.
    """
    row = db.one("SELECT chat, stanza_id FROM openpgp_seen WHERE account = ? AND signature = ?", (account, signature))
    if row:
        return row[0] == chat and bool(stanza_id) and row[1] == stanza_id
    values = (account, signature, chat, stanza_id)
    db.run("INSERT INTO openpgp_seen (account, signature, chat, stanza_id) VALUES (?, ?, ?, ?)", values)
    return True


def mode(db: Database, chat: int) -> Mode:
    """Whether what is written in a chat is encrypted."""
    row = db.one("SELECT mode FROM openpgp_chat WHERE chat = ?", (chat,))
    return Mode(row[0]) if row else Mode.UNDECIDED


def set_mode(db: Database, chat: int, wanted: Mode, now: int) -> None:
    """The user wants it so from now (milliseconds UTC) on; who was left out is asked about anew."""
    db.run("INSERT OR REPLACE INTO openpgp_chat (chat, mode, since) VALUES (?, ?, ?)", (chat, wanted.value, now))


def encrypted_at(db: Database, chat: int, at: int) -> bool:
    """Whether what was written in a chat at a time (milliseconds UTC) was meant to be encrypted."""
    row = db.one("SELECT mode, since FROM openpgp_chat WHERE chat = ?", (chat,))
    return bool(row) and Mode(row[0]).encrypts and at >= int(row[1])


def without(db: Database, chat: int) -> frozenset[str]:
    """Who cannot read what is written in a chat, and the user knows it."""
    row = db.one("SELECT without FROM openpgp_chat WHERE chat = ?", (chat,))
    return frozenset(json.loads(row[0])) if row else frozenset()


def set_without(db: Database, chat: int, jids: Iterable[str]) -> None:
    """The user knows that these cannot read it."""
    db.run("UPDATE openpgp_chat SET without = ? WHERE chat = ?", (json.dumps(sorted(jids)), chat))
