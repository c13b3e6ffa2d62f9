"""What both sides know: the program that makes the desk, and the journeys through it."""

PASSWORD = "correct horse battery"
QUICK_SECONDS = 3
"""The first response that the quick policy promises."""
