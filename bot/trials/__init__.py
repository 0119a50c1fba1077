"""Trials: what is measured beside the classifier in use, in Rasa's own environment.

``python -m bot.trials`` trains and measures one named contender; ``oroslotsen compare`` runs it and
makes the tables. Nothing that serves callers imports this package.
"""
