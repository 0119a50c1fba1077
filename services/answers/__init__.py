"""Answers: the curated knowledge, rendered for a channel, a municipality and an hour.

Pure once the knowledge is loaded: time is an argument. Every sentence that the assistant sends
is made here, and everything it sends passes the gate here.
"""
