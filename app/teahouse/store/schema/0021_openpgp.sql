-- OpenPGP: our own keys, the keys that others announce, and what the user thinks of each.
CREATE TABLE openpgp_own (
    account INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    secret BLOB NOT NULL,
    phrase TEXT NOT NULL,
    public BLOB NOT NULL,
    created INTEGER NOT NULL,
    retired INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, fingerprint)
);
CREATE TABLE openpgp_key (
    account INTEGER NOT NULL,
    jid TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    public BLOB,
    announced INTEGER NOT NULL DEFAULT 1,
    trust TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account, jid, fingerprint)
);
CREATE TABLE openpgp_asked (
    account INTEGER NOT NULL,
    jid TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, jid)
);
-- Signed messages that were taken in: one that comes again elsewhere is a replay.
CREATE TABLE openpgp_seen (
    account INTEGER NOT NULL,
    signature TEXT NOT NULL,
    chat TEXT NOT NULL,
    stanza_id TEXT NOT NULL,
    PRIMARY KEY (account, signature)
);
