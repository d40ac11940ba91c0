"""The second factor: set up at first, asked for ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import PasswordResetConfirmView
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login

from agents.services.invitations import days_of_link
from agents.services.signing_in import (
    CodeRefused,
    check_code,
    device_to_enrol,
    enrol,
    has_second_factor,
)
from smsdesk.lib import clock

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_otp.models import Device


@never_cache
@sensitive_post_parameters("code")
def two_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code; of whoever has no app yet, a first one, and show the recovery codes once."""
    user: Any = request.user
    if not user.is_authenticated or not user.is_staff:
        return redirect(f"{reverse('admin:login')}?next={request.path}")
    known = has_second_factor(user)
    context: dict[str, Any] = {"next": _next(request), "known": known}
    if request.method == "POST":
        code = request.POST.get("code", "")
        try:
            if known:
                _open(request, check_code(user=user, code=code, now=clock.now()))
                return redirect(context["next"])
            device, codes = enrol(user=user, code=code, now=clock.now())
        except CodeRefused as refused:
            context["refused"] = str(refused)
        else:
            _open(request, device)
            return _page(request, "door/recovery_codes.html", context | {"codes": codes})
    if not known:
        device = device_to_enrol(user)
        picture = segno.make(device.config_url, error="m").svg_inline(
            scale=5, border=3, light="#fff"
        )
        secret = device.config_url.partition("secret=")[2].partition("&")[0]
        context |= {
            "picture": mark_safe(picture),  # noqa: S308 - drawn here, of numbers
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        }
    return _page(request, "door/two_factor.html", context)


class Invitation(PasswordResetConfirmView):
    """Somebody who was invited chooses a password, and is signed in."""

    template_name = "registration/invitation.html"
    success_url = reverse_lazy(settings.LOGIN_REDIRECT_URL)
    post_reset_login = True
    post_reset_login_backend = "smsdesk.console.sessions.AgentBackend"
    extra_context = {"days": days_of_link}


def _open(request: HttpRequest, device: Device) -> None:
    """Under a new key: whoever put a session of theirs into this browser is not let in by it."""
    request.session.cycle_key()
    login(request, device)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    title = "Two-factor sign-in"
    return render(request, template, admin.site.each_context(request) | {"title": title} | context)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fine = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if fine else resolve_url("admin:index")
