"""Conversations: the durable heart. Inbox, turn, ownership and the way out to the caller.

Called by channels, console and cli. A message that was acknowledged here gets exactly one visible
outcome: one reply, or one coordinator.
"""
