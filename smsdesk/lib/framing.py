"""Which pages may show ours in a frame (F19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.middleware.clickjacking import XFrameOptionsMiddleware

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

POLICY = "Content-Security-Policy"


class FramingMiddleware(XFrameOptionsMiddleware):
    """X-Frame-Options, but not where the content security policy names who may frame the desk.

    The old header knows no list of origins. Pages without a policy, as the admin's, keep it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if settings.EMBED_ORIGINS and response.has_header(POLICY):
            return response
        return super().process_response(request, response)
