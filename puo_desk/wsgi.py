"""Django as WSGI: what the thread pool inside the web process runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puo_desk.settings")
application = get_wsgi_application()
