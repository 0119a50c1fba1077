"""Backups: the whole database in one encrypted file, taken while the service runs, and back again.

Called by the command line. Two files are made. The backup has every table but leaves out what a
deleted conversation must take with it: its key, and what leads to its caller. That is in the key
file, of which only the newest is kept, so that a conversation deleted since can be read from no
older backup (``docs/decisions/0004-backups-forget.md``). Both open with the master key alone.
May touch ``store`` and ``privacy``, and writes one record to ``audit``.
"""
