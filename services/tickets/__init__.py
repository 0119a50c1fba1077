"""Tickets: the structured handover to a human and the queue it waits in.

Called by ``conversations`` (which owns the transaction) and ``console``; writes through ``store``.
"""
