-- Encrypted messages. What came is kept as it came until it is opened, what goes out as long as it may have to go again:
-- another encryption of it would be another message. `waits`: it is still to be opened; `counts`: it is unread then.
ALTER TABLE message ADD COLUMN notes TEXT NOT NULL DEFAULT '';
CREATE TABLE sealed (
    message INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    digest BLOB NOT NULL,
    data BLOB,
    number TEXT NOT NULL DEFAULT '',
    waits INTEGER NOT NULL DEFAULT 0,
    counts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sealed_waiting ON sealed (account, message) WHERE waits = 1;
CREATE TRIGGER sealed_removed AFTER DELETE ON message BEGIN
    DELETE FROM sealed WHERE message = old.id;
END;
-- What had nothing in it to be shown: it comes again with an archive.
CREATE TABLE sealed_silent (
    account INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (account, digest)
) WITHOUT ROWID;
ALTER TABLE request_message ADD COLUMN cipher BLOB;
-- Whether what is written in a chat is encrypted, and who is known not to be able to read it (bare addresses, JSON).
CREATE TABLE openpgp_chat (
    chat INTEGER PRIMARY KEY REFERENCES chat(id) ON DELETE CASCADE,
    mode TEXT NOT NULL,
    without TEXT NOT NULL DEFAULT '[]'
);
