"""Faults that the person who runs the service can mend."""

from __future__ import annotations


class OperatorError(Exception):
    """What is wrong and what to do, in a sentence that is shown as it stands.

    Each room's faults of this kind derive from it, so that the command line need not know them.
    """
