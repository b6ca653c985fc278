-- How far an own message to a person has come: 1 on a device of theirs (XEP-0184), 2 displayed there (XEP-0333).
ALTER TABLE message ADD COLUMN reach INTEGER NOT NULL DEFAULT 0;
-- The id under which whoever wrote a message wants to hear that it was displayed; empty when they do not.
ALTER TABLE message ADD COLUMN markable TEXT NOT NULL DEFAULT '';
CREATE INDEX message_displayed ON message (chat, place) WHERE reach = 2;
-- The last message of a person of which they are told that it was displayed, and whether that has yet to be sent.
ALTER TABLE chat ADD COLUMN marker TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN marker_owed INTEGER NOT NULL DEFAULT 0;
-- Up to which archived message the chat was read, as our server last held it for all our devices (XEP-0490).
ALTER TABLE chat ADD COLUMN displayed TEXT NOT NULL DEFAULT '';
