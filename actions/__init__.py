"""Actions: what an answer in the intake form means, and which question comes next.

Rasa calls ``form`` over loopback, through the server in ``__main__``. ``form`` only translates;
the rules are pure functions over values: ``intake`` (what a message does to the form), ``plan``
(which questions are asked), ``answers`` and ``relation`` (what an answer says).
May read ``knowledge`` at start, ``services.reading`` and ``services.vocabulary``; stores nothing,
logs no words, and makes no ticket: that is the service's, in one transaction with the reply.
"""
