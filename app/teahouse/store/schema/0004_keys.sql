-- The public keys of servers, in the order they were accepted: the last row of an account and host is what counts.
CREATE TABLE server_key (
    id         INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    host       TEXT NOT NULL,
    key        TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    accepted   TEXT NOT NULL
);
CREATE INDEX server_key_of ON server_key (account, host);
