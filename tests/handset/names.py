"""The numbers of these tests."""

from __future__ import annotations

NUMBER = "+14155550199"
PHONE = "+14155550101"
STATUS_CALLBACK = "http://testserver/carriers/a-key/status?message=5f3a&twice=1"
