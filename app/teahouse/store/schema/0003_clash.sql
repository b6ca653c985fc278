-- Whether a message came from a nick that could not be told from another one in its room.
ALTER TABLE message ADD COLUMN clash INTEGER NOT NULL DEFAULT 0;
