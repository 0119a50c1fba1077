"""Benchmark: how fast is the whole service, beside stock Rasa, on the same machine in the same run.

``clients`` is a process of its own that plays callers; ``parts`` has one function for each part of
the table in ``docs/benchmarks.md``, and asks a ``House`` for running processes; ``goals`` judges
what was measured, ``report`` and ``plots`` show it. Talks to loopback only, stores in the folders
that it is given. Stands above channels and evaluation, whose samples and tables it uses; only
``cli`` calls it.
"""
