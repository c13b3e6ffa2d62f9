"""The embedded PostgreSQL and Valkey, and `manage.py up`: what the desk needs to run from a bare checkout.

Standard library only, so that a command can find or start its servers before the settings are read; except
`prepare` and `serve`, which load the desk in interpreters of their own.
"""
