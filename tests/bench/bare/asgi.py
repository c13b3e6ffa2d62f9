"""Django behind uvicorn by a2wsgi, as the two come: what one would set up who gives the web process no thought."""

from __future__ import annotations

import os
from typing import Any, cast

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.bare.settings"

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

from puo_desk.kernel.http.on_threads import OnThreads

THREADS = 16
_django = get_wsgi_application()
application: Any = WSGIMiddleware(cast(Any, _django), workers=THREADS)
bridged = OnThreads(_django, threads=THREADS)
"""The same view behind the desk's own bridge."""
