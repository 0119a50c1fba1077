"""The doctor: looks at an installation and says what is wrong, and what to do about each.

Changes nothing, and asks nothing of another machine unless told to. One file for each part of
the body; ``examination`` has the list of them all.
"""
