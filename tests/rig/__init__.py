"""Real things for tests to meet: a Prosody, a second client, a display, the program itself. Missing ones fail."""
