"""Rasa's side of the service: how a message comes in, what is understood, what is remembered.

Runs in an environment of its own (Python 3.10, see ``pyproject.toml`` here), loaded by Rasa by
module path: ``channel`` from ``credentials.yml``, ``tracker_store`` from ``endpoints.yml`` and
``intent_classifier`` from ``config.yml``. May touch Rasa and scikit-learn only; nothing here writes
to disk, nothing outlives the request, and no caller's word is logged.
"""
