"""Watching the service from outside, as a caller meets it, and alarming when it is silent.

Runs in the supervisor's process, so that it notices a service that hangs. Speaks HTTP only; it
reads neither the database nor what callers write.
"""
