-- Accounts, chats, messages and preferences. Everything is keyed by account; times are milliseconds UTC,
-- `place` is the order key of a chat in microseconds, into which a filled gap can insert.
CREATE TABLE account (
    id          INTEGER PRIMARY KEY,
    jid         TEXT NOT NULL UNIQUE,
    nick        TEXT NOT NULL,
    password    TEXT NOT NULL,
    route       TEXT NOT NULL,
    host        TEXT NOT NULL DEFAULT '',
    port        INTEGER NOT NULL DEFAULT 0,
    direct_tls  INTEGER NOT NULL DEFAULT 0,
    ca_file     TEXT NOT NULL DEFAULT '',
    pin         TEXT NOT NULL DEFAULT '',
    allow_plain INTEGER NOT NULL DEFAULT 0,
    enabled     INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE chat (
    id          INTEGER PRIMARY KEY,
    account     INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    jid         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    title       TEXT NOT NULL,
    nick        TEXT NOT NULL DEFAULT '',
    password    TEXT NOT NULL DEFAULT '',
    subject     TEXT NOT NULL DEFAULT '',
    joined      INTEGER NOT NULL DEFAULT 0,
    pinned      INTEGER NOT NULL DEFAULT 0,
    read_up_to  INTEGER NOT NULL DEFAULT 0,
    unread      INTEGER NOT NULL DEFAULT 0,
    mentions    INTEGER NOT NULL DEFAULT 0,
    last_text   TEXT NOT NULL DEFAULT '',
    last_sender TEXT NOT NULL DEFAULT '',
    last_time   INTEGER NOT NULL DEFAULT 0,
    draft       TEXT NOT NULL DEFAULT '',
    UNIQUE (account, jid)
);

CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    account     INTEGER NOT NULL,
    chat        INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
    place       INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    sender      TEXT NOT NULL,
    real_jid    TEXT NOT NULL DEFAULT '',
    occupant_id TEXT NOT NULL DEFAULT '',
    body        TEXT NOT NULL,
    mine        INTEGER NOT NULL DEFAULT 0,
    state       INTEGER NOT NULL DEFAULT 0,
    mention     INTEGER NOT NULL DEFAULT 0,
    detail      TEXT NOT NULL DEFAULT '',
    origin_id   TEXT NOT NULL DEFAULT '',
    archive     TEXT NOT NULL DEFAULT '',
    stanza_id   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX message_place ON message (chat, place, id);
CREATE UNIQUE INDEX message_archived ON message (account, archive, stanza_id) WHERE stanza_id <> '';
CREATE INDEX message_origin ON message (chat, origin_id) WHERE origin_id <> '';
CREATE INDEX message_waiting ON message (account, state) WHERE state IN (1, 2, 5, 6);

CREATE VIRTUAL TABLE message_text USING fts5 (
    body, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2"
);

CREATE TABLE preference (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
