-- With whom it was encrypted in a chat that was removed: opened again, it is encrypted again, whoever opens it.
CREATE TABLE openpgp_again (
    account INTEGER NOT NULL,
    jid TEXT NOT NULL,
    PRIMARY KEY (account, jid)
);
CREATE TRIGGER openpgp_chat_removed BEFORE DELETE ON chat
WHEN (SELECT mode FROM openpgp_chat WHERE chat = old.id) = 'on' BEGIN
    INSERT OR IGNORE INTO openpgp_again (account, jid) VALUES (old.account, old.jid);
END;
CREATE TRIGGER openpgp_chat_again AFTER INSERT ON chat
WHEN EXISTS (SELECT 1 FROM openpgp_again WHERE account = new.account AND jid = new.jid) BEGIN
    INSERT OR REPLACE INTO openpgp_chat (chat, mode, since)
        VALUES (new.id, 'on', CAST(strftime('%s', 'now') AS INTEGER) * 1000);
    DELETE FROM openpgp_again WHERE account = new.account AND jid = new.jid;
END;
