"""Measures of the service's own work: how long, how many, how old. Never content, never an id.

Every room may count here. Nothing here knows another room, the database or the network.
"""
