"""Dialogue: the client towards Rasa, which picks what to say.

Rasa keeps nothing: the service sends it the state of the conversation with each message and gets
the new state back (``docs/decisions/0002-stateless-dialogue.md``). May be called by
``conversations``; talks to Rasa on loopback only.
"""
