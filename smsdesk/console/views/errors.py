"""What is shown where Django refuses a form. The other error pages are templates alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """Answer a form of a page that is older than the present session.

    Where what it asked for has come about in another tab, the page goes on as if it had been heard:
    signing in while signed in leads to the desk, signing out while signed out to sign-in.
    """
    signed_in = request.user.is_authenticated
    if signed_in and request.path == resolve_url(settings.LOGIN_URL):
        return redirect(settings.LOGIN_REDIRECT_URL)
    if not signed_in and request.path == resolve_url("sign-out"):
        return redirect(settings.LOGIN_URL)
    return render(request, "403_csrf.html", status=HTTPStatus.FORBIDDEN)
