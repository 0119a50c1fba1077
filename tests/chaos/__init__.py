"""Chaos: callers write to the real service while faults are done to it, and a checker looks after.

``python -m tests.chaos`` (``make chaos``) starts what ``oroslotsen start`` starts, lets callers and
coordinators write, kills, stops, fills and locks what they depend on, and then holds what they met
against what the database keeps. It may use everything; nothing but its own tests may use it.
"""
