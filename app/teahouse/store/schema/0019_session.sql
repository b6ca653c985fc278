-- A session that goes on reads its archive on from where it was read to, whatever was known before.
ALTER TABLE session DROP COLUMN followed;
