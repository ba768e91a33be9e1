"""The SQLite catalog; the only room that knows SQL."""
