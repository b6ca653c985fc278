-- Why we are out of a room, and whether the user knows that everybody in it sees the address.
ALTER TABLE chat ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN ended TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN end_actor TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN end_venue TEXT NOT NULL DEFAULT '';
