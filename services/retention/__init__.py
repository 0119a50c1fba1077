"""Retention and deletion: nothing is kept for longer than it is needed or must be.

``oroslotsen retention`` and a daily job remove what is old enough; ``conversations`` and
``console`` have a conversation deleted when its caller asks. A conversation's key goes first, and
the backups' key file with it. May touch ``store``, ``privacy``, ``backup``'s key file and
``audit``.
"""
