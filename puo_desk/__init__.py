"""PUO Desk, the help desk: the roof (settings, urls, web, celery) and the cellar. Imports nothing itself."""
