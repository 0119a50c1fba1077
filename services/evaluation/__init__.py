"""Evaluation: how well are callers understood, on messages that were never trained on.

Pure but for reading ``data/``: cases in, what was observed in, tables out. Runs nothing itself:
``oroslotsen evaluate`` sends the messages through the real path and hands over what it saw. Stands
beside channels and console, above conversations; only ``cli`` calls it. A table that compares
classifiers, or a learning curve, is a module of its own here that gives ``Table``s, and has its
own section in ``docs/understanding.md`` (see ``document.replace_section``).
"""
