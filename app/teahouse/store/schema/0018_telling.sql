-- What this person is told of their messages (received, seen), where it is not as the account has it: always or never.
ALTER TABLE chat ADD COLUMN telling TEXT NOT NULL DEFAULT '';
