"""Values, events, commands and queries: what every layer may speak of. Standard library only."""
