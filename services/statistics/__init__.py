"""The situation report: what callers ask and worry about, as counts that are about nobody.

Counters are raised when something happens, in its transaction, and know a month and a category and
nothing else. What is shown hides small cells. Stands beside tickets, above store and privacy; only
console and cli read reports.
"""
