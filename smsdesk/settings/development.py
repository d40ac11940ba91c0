"""The embedded desk of ``make run``: handset on, no TLS, a key of its own under ``var/``."""

from __future__ import annotations

import os
import secrets

os.environ.setdefault("HANDSET", "1")

from smsdesk.settings.base import *
from smsdesk.settings.base import ALLOWED_HOSTS, SECRET_KEY, env

if not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

if not env.email_url:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

if not SECRET_KEY:
    key_file = env.var_dir / "secret_key"
    if not key_file.exists():
        env.var_dir.mkdir(parents=True, exist_ok=True)
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_urlsafe(48))
    SECRET_KEY = key_file.read_text()
