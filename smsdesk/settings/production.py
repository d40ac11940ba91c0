"""Served over TLS. ``manage.py check --deploy`` is clean under these settings."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from smsdesk.settings.base import *
from smsdesk.settings.base import ALLOWED_HOSTS, PUBLIC_URL, SECRET_KEY, env

for name, value in {
    "SECRET_KEY": SECRET_KEY,
    "ALLOWED_HOSTS": ALLOWED_HOSTS,
    "PUBLIC_URL": PUBLIC_URL,
}.items():
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment.")

REQUIRE_TWO_FACTOR = env.require_two_factor is not False
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
