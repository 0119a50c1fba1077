"""Privacy: encryption of what callers write and masking of what must not be stored.

May be called by every room above it; touches the master key's file and nothing else.
"""
