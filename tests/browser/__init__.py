"""Journeys through the desk in a real browser, over a real web process, worker and beat."""
