"""Connections: where a server is and the one function that dials it."""
