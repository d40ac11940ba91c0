"""A busy machine is slow, not wrong: what is expected on a page has fifteen seconds to come."""

from __future__ import annotations

from playwright.sync_api import expect

expect.set_options(timeout=15_000)
