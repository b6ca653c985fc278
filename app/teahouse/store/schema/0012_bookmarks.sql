-- What the server last held of this room, 1 when it is to be entered by every device; NULL when it holds nothing.
ALTER TABLE chat ADD COLUMN bookmarked INTEGER;
