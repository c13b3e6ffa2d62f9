"""Only what one query needs; the desk's database."""

import environ

SECRET_KEY = "bare"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.bench.bare.urls"
DATABASES = {"default": environ.Env().db("DATABASE_URL") | {"CONN_MAX_AGE": 600}}
INSTALLED_APPS = ["tests.bench.bare"]
MIDDLEWARE: list[str] = []
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
