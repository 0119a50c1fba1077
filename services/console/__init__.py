"""The coordinators' console: pages and API under ``/samordnare``.

Shows the queue and the live conversation, and lets a coordinator take over, write, hand back and
close. Decides nothing about conversations itself: it calls ``conversations`` and ``tickets``.
"""

from services.console.setup import setup_console

__all__ = ["setup_console"]
