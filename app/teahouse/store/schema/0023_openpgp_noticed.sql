-- Keys that somebody has besides or in place of those before: the user is told of each, once.
ALTER TABLE openpgp_key ADD COLUMN noticed INTEGER NOT NULL DEFAULT 1;
-- What its address says of when it was published, seconds UTC: with another date it has changed, and is fetched again.
ALTER TABLE openpgp_key ADD COLUMN dated INTEGER NOT NULL DEFAULT 0;
-- Milliseconds UTC since which what is written in a chat is encrypted.
ALTER TABLE openpgp_chat ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
