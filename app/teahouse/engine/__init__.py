"""The chat engine: sessions on slixmpp, the outbox, and the commands the window gives. Knows no Qt."""
