-- What is ahead of its archive is told apart: 1 had waited at the server, 2 was said while the archive was read.
DROP INDEX message_ahead;
CREATE INDEX message_ahead ON message (account, chat) WHERE ahead > 0;
