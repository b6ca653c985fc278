-- The roster as the server last told it, and its version (RFC 6121 section 2.6): only what has changed is sent again.
CREATE TABLE contact (
    account      INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    jid          TEXT NOT NULL,
    name         TEXT NOT NULL,
    subscription TEXT NOT NULL,
    groups       TEXT NOT NULL,
    PRIMARY KEY (account, jid)
) WITHOUT ROWID;
ALTER TABLE account ADD COLUMN roster_version TEXT NOT NULL DEFAULT '';
