-- Own messages that a server acknowledged right before it was gone: its archive tells whether it kept its word.
CREATE TABLE doubted (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    account INTEGER NOT NULL
);
