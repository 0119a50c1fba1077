"""The edges: what every request meets first. Who may embed us; how often, how slowly, how many.

Joined to the application by ``setup_edges``; used by ``channels`` and ``console``. Counts are in
memory, or in Redis where several processes share them; an address is never stored, nor logged.
"""
