"""The store: tables, sessions and migrations, on SQLite or PostgreSQL.

Each query is one named function in the file of its table. Rooms above open a session with
``Database.begin()`` and call these functions; they write no SQL themselves.
Content columns hold ciphertext only (see ``services.privacy.keyring``).
"""
