"""Evaluation: how well are callers understood, on messages that were never trained on.

Cases in, what was observed in, tables and pictures out. ``oroslotsen evaluate`` sends the messages
through the real path and hands over what it saw. ``oroslotsen compare`` sets alternatives side by
side: ``material`` writes the samples, ``urgency_trials`` (and ``bot.trials``, in Rasa's
environment) are processes that learn from them, ``findings`` reads what they wrote. Reads ``data/``
and ``knowledge/``, writes to the folders it is given. Stands beside channels and console, above
conversations; only ``cli`` calls it. Each table has its own section in ``docs/understanding.md``
(see ``document.replace_section``).
"""
