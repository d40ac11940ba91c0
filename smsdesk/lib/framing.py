"""Which pages may show ours in a frame (F19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

POLICY = "Content-Security-Policy"


class FramingMiddleware(MiddlewareMixin):
    """No X-Frame-Options where the content security policy names who may frame the desk.

    The old header knows no list of origins. Pages without a policy, as the admin's, keep it. Stands
    between Django's own middleware for it and the one that sets the policy.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # noqa: ARG002 - Django's
        if settings.EMBED_ORIGINS and response.has_header(POLICY):
            response.xframe_options_exempt = True  # read by Django
        return response
