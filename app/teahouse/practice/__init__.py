"""The practice server: a real Prosody on loopback with a few scripted guests. Programs of their own."""
