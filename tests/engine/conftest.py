"""Servers that do as they are told, for the engine's tests too."""

from tests.security.conftest import authority, folder, honest, trusting

__all__ = ["authority", "folder", "honest", "trusting"]
