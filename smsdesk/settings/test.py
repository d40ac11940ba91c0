"""Tests in one process: the same servers as always, but no connection pool between tests."""

from __future__ import annotations

import os

os.environ.setdefault("HANDSET", "1")
os.environ.setdefault("SECRET_KEY", "tests-only-" + "k" * 50)

from smsdesk.settings.base import *
from smsdesk.settings.base import DATABASES

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PUBLIC_URL = "http://testserver"
# Tests with real transactions empty every table behind them, the audit trail's, too.
DATABASES["default"]["OPTIONS"] = {"options": "-c smsdesk.audit_allows=TRUNCATE"}
AXES_ENABLED = False  # but where it is tested: it counts in the database
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
