-- Archives (XEP-0313): how far each was read, from where on, and what is known to be missing in between.
CREATE TABLE archive (
    account INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    jid     TEXT NOT NULL,
    cursor  TEXT NOT NULL,
    origin  TEXT NOT NULL,
    PRIMARY KEY (account, jid)
) WITHOUT ROWID;

CREATE TABLE gap (
    id     INTEGER PRIMARY KEY,
    chat   INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    before TEXT NOT NULL DEFAULT ''
);
CREATE INDEX gap_of ON gap (chat, place);

-- Whether the archive holds nothing older of a chat than we do.
ALTER TABLE chat ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;

CREATE INDEX message_unreflected ON message (chat, id) WHERE state IN (2, 3, 5);
