"""Oroslotsen's service: everything that faces people or keeps data.

Rooms import one way only (import-linter holds it):
channels, console, cli -> conversations -> tickets, statistics -> triage, answers, dialogue
-> privacy, store -> settings, vocabulary, logs.
"""
