-- An index that follows the messages by itself, can be asked for sender, chat and links, newest first whatever order
-- the messages came in, and keeps nothing of what is deleted. The functions are those of store/tokens.py.
DROP TABLE message_text;
CREATE VIRTUAL TABLE message_text USING fts5 (
    body, sender, tags, content='', tokenize="unicode61 remove_diacritics 2"
);
INSERT INTO message_text (message_text, rank) VALUES ('secure-delete', 1);
INSERT INTO message_text (rowid, body, sender, tags)
    SELECT index_place(time, id), index_words(body), index_words(sender), index_tags(chat, mine, body)
    FROM message ORDER BY index_place(time, id);

CREATE TRIGGER message_indexed AFTER INSERT ON message BEGIN
    INSERT INTO message_text (rowid, body, sender, tags) VALUES (
        index_place(new.time, new.id), index_words(new.body), index_words(new.sender),
        index_tags(new.chat, new.mine, new.body)
    );
END;
CREATE TRIGGER message_unindexed AFTER DELETE ON message BEGIN
    INSERT INTO message_text (message_text, rowid, body, sender, tags) VALUES (
        'delete', index_place(old.time, old.id), index_words(old.body), index_words(old.sender),
        index_tags(old.chat, old.mine, old.body)
    );
END;
CREATE TRIGGER message_reindexed AFTER UPDATE OF time, body, sender, chat, mine ON message BEGIN
    INSERT INTO message_text (message_text, rowid, body, sender, tags) VALUES (
        'delete', index_place(old.time, old.id), index_words(old.body), index_words(old.sender),
        index_tags(old.chat, old.mine, old.body)
    );
    INSERT INTO message_text (rowid, body, sender, tags) VALUES (
        index_place(new.time, new.id), index_words(new.body), index_words(new.sender),
        index_tags(new.chat, new.mine, new.body)
    );
END;
