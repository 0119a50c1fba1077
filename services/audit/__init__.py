"""The audit log: which coordinator did what, and when, chained so that a change shows.

Called by ``conversations`` and ``console`` within their own transactions, so that a deed and its
record are stored together or not at all; writes through ``store``. A record holds no content: what
a coordinator wrote as a reason is sealed under the conversation's key and goes with it.
"""
