-- The old way (XEP-0027): which encrypted messages are of it, and the key that the user compared for a person.
ALTER TABLE sealed ADD COLUMN legacy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request_message ADD COLUMN legacy INTEGER NOT NULL DEFAULT 0;
CREATE TABLE openpgp_legacy (
    account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    jid TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    public BLOB NOT NULL,
    PRIMARY KEY (account, jid)
);
