"""The command line: start everything, train, try triage, manage coordinators, look at settings.

Joins the other rooms; decides nothing about conversations.
"""
