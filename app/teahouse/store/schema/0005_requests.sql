-- What strangers want, held apart from the chats until the user answers, and whom the user hears no more of.
CREATE TABLE request (
    id       INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    jid      TEXT NOT NULL,
    sender   TEXT NOT NULL,
    inviter  TEXT NOT NULL DEFAULT '',
    password TEXT NOT NULL DEFAULT '',
    text     TEXT NOT NULL DEFAULT '',
    time     INTEGER NOT NULL DEFAULT 0,
    lost     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, kind, jid, sender)
);
CREATE INDEX request_sender ON request (account, sender);

CREATE TABLE request_message (
    id        INTEGER PRIMARY KEY,
    request   INTEGER NOT NULL REFERENCES request(id) ON DELETE CASCADE,
    time      INTEGER NOT NULL,
    body      TEXT NOT NULL,
    origin_id TEXT NOT NULL DEFAULT '',
    archive   TEXT NOT NULL DEFAULT '',
    stanza_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX request_message_of ON request_message (request);

CREATE TABLE ignored (
    account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    jid     TEXT NOT NULL,
    PRIMARY KEY (account, jid)
) WITHOUT ROWID;

ALTER TABLE account ADD COLUMN requests_lost INTEGER NOT NULL DEFAULT 0;
