-- Whether a message came by itself while its archive was not yet read so far: what is missing stands in front of it.
ALTER TABLE message ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_ahead ON message (account) WHERE ahead = 1;
