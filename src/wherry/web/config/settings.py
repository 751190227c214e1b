"""Settings of the Django project, all from the environment, safe by default.

`WHERRY_DATA` is the working folder (SQLite database, secret key, collected static files). `WHERRY_DATABASE_URL` or the
`PG*` variables choose PostgreSQL. `WHERRY_SECRET_KEY` overrides the key that is generated once into the working folder.
`WHERRY_HTTPS=1` is for a server behind TLS: secure cookies and HSTS. `WHERRY_DEBUG=1` is for development alone.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from wherry.paths import data_dir
from wherry.web.config.environment import databases, nhsuk_static, secret_key

TESTING = "pytest" in sys.modules
# pytest-django reads this module before any conftest can name a working folder: tests never touch a real one.
DATA_DIR = Path(tempfile.mkdtemp(prefix="wherry-web-")) if TESTING else data_dir()
DEBUG = os.environ.get("WHERRY_DEBUG") == "1"
HTTPS = os.environ.get("WHERRY_HTTPS") == "1"
SECRET_KEY = secret_key(DATA_DIR, os.environ)
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *filter(None, os.environ.get("WHERRY_HOSTS", "").split(",")),
]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in filter(None, os.environ.get("WHERRY_HOSTS", "").split(","))]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "wherry.web.components",
    "wherry.web.access",
    "wherry.web.home",
    "wherry.web.data",
    "wherry.web.waiting",
    "wherry.web.elective",
    "wherry.web.offers",
    "wherry.web.well",
    "wherry.web.cancer",
    "wherry.web.planning",
    "wherry.web.feed",
    "wherry.web.beds",
    "wherry.web.outlook",
    "wherry.web.measures",
    "wherry.web.peers",
    "wherry.web.inequalities",
    "wherry.web.evaluation",
    "wherry.web.reports",
    "wherry.web.discharge",
    "wherry.web.emergency",
    "wherry.web.virtual",
    "wherry.web.unplanned",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "wherry.web.config.headers.SecureHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wherry.web.access.middleware.IdleSessionMiddleware",
    "wherry.web.access.middleware.AccessMiddleware",
    "wherry.web.components.errors.UserErrorMiddleware",
]

ROOT_URLCONF = "wherry.web.config.urls"
WSGI_APPLICATION = "wherry.web.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "wherry.web.config.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "wherry.web.components.layout.layout",
            ],
        },
    }
]

DATABASES = databases(DATA_DIR, os.environ)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: Long work runs in a worker beside the server (`wherry.web.elective.worker`); tests run it at once.
TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend" if TESTING else "django_tasks_db.DatabaseBackend"
    }
}

AUTH_USER_MODEL = "wherry_access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "access:sign_in"
LOGIN_REDIRECT_URL = "home:control_room"
LOGOUT_REDIRECT_URL = "access:sign_in"

#: A session ends after half an hour without a page, and after twelve hours whatever happens.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "wherry_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "wherry.web.components.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("nhsuk", nhsuk_static())]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "wherry.web.config.staticfiles.ManifestStorage"
    },
}
if TESTING or DEBUG:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
