"""The same server with the same number of threads as the desk's."""

from __future__ import annotations

import os
from typing import Any, cast

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.bare.settings"

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

THREADS = 16
application: Any = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=THREADS)
