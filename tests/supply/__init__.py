"""The supply chain: what both environments hold, their known weaknesses, and secrets in the tree.

``audit`` is a programme (``make audit``) and asks a service on the network; everything else here is
tested offline.
"""
