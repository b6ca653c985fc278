"""OpenPGP in the window: who can read a chat, what is said of a message, and the keys behind it."""
