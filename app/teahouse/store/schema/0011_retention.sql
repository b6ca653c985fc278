-- How long a chat keeps what is said in it: days, 0 for ever. What has been taken off this computer must not come back
-- with a room's history: nothing up to a moment (milliseconds UTC), and no message of these names (hashes of ids).
-- Messages up to `forget_id` are on the way out, also after a crash.
ALTER TABLE chat ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN forget_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN forget_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_time ON message (chat, time);
CREATE TABLE forgotten (
    chat INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
    name BLOB NOT NULL,
    PRIMARY KEY (chat, name)
) WITHOUT ROWID;
