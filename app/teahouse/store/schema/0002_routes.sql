-- The user's own SOCKS5 proxy, and an onion address of the server that worked before.
ALTER TABLE account ADD COLUMN proxy_host TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN proxy_port INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN proxy_user TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN proxy_password TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN onion_host TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN onion_port INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN onion_direct_tls INTEGER NOT NULL DEFAULT 0;
