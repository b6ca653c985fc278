"""Everything on disk: the encrypted database, its schema and its key. The core's only SQL."""
