"""Oroslotsen's service: everything that faces people or keeps data.

Rooms import one way only (import-linter holds it):
cli -> channels, console, evaluation -> conversations -> tickets -> dialogue -> answers -> triage
-> privacy, store -> settings, vocabulary, logs.
"""
