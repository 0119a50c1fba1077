"""Channels: the edges where callers reach us. Wire format in, wire format out, nothing decided.

Talks to ``conversations`` only; turns its errors into problem+json or a Swedish sentence.
"""
