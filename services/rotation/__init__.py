"""A new master key, while the service runs: ``oroslotsen keys rotate``.

Called by the command line. Each conversation's and account's key is wrapped anew, a batch at a
time; what they encrypt stays as it is (``docs/decisions/0005-rotation-of-keys.md``). May touch
``store``, ``privacy``, ``backup``'s key file and ``audit``.
"""
