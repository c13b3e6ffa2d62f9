"""Measurements of the desk: ``python -m tests.bench``, or ``make bench``."""
