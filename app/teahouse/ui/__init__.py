"""The window: PySide6 over the domain; no slixmpp, no SQL, no asyncio."""
