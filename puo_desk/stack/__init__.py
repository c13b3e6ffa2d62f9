"""The embedded PostgreSQL and Valkey, and `manage.py up`: what the desk needs to run from a bare checkout.

Standard library only (except `prepare`, which runs Django in its own interpreter), so that a command can find
or start its servers before the settings are read.
"""
