-- The stream management (XEP-0198) of sessions that go on after a crash, and which stanza of one each message was.
CREATE TABLE session (
    account  INTEGER PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE,
    id       TEXT NOT NULL,
    address  TEXT NOT NULL,
    handled  INTEGER NOT NULL DEFAULT 0,
    tries    INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0,
    carbons  INTEGER NOT NULL DEFAULT 0,
    followed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE under_way (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    account INTEGER NOT NULL,
    number  INTEGER NOT NULL
);
CREATE INDEX under_way_of ON under_way (account);
