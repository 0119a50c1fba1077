"""Triage: how urgent is one message, about what, and who can help.

Pure: values in, values out. Files are read once, when a judge is built; no clock, no database,
no network after that. May be called by ``conversations``, ``tickets``, ``cli`` and ``channels``.
"""
