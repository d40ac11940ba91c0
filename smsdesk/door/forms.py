"""The sign-in form of the desk and of the admin: it says how long to wait after too many tries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.forms import AuthenticationForm as AdminAuthenticationForm

from smsdesk.door.addresses import client_address

TOO_OFTEN = "too_often"


class Throttled:
    """Mixed into a form that authenticates; axes counts, and refuses."""

    request: Any

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "axes_locked_out", False):
            username = self.cleaned_data["username"]  # type: ignore[attr-defined]
            return ValidationError(too_often(username, self.request), code=TOO_OFTEN)
        error: ValidationError = super().get_invalid_login_error()  # type: ignore[misc]
        return error


class SignInForm(Throttled, AuthenticationForm):
    """The desk's."""

    @property
    def wait(self) -> str:
        """The sentence with the waiting time; empty where there is none."""
        errors = self.non_field_errors().as_data()
        return next((str(each.message) for each in errors if each.code == TOO_OFTEN), "")


class AdminSignInForm(Throttled, AdminAuthenticationForm):  # type: ignore[misc]
    """The admin's."""


def too_often(username: str, request: Any) -> str:
    """What somebody reads who has tried too often, with the minutes that are left."""
    tries = AccessAttempt.objects.filter(username=username, ip_address=client_address(request))
    last = tries.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    left = (last or timezone.now()) + settings.AXES_COOLOFF_TIME - timezone.now()
    minutes = max(1, -(-left // timedelta(minutes=1)))
    return (
        f"Too many wrong passwords for this username from here. Try again in {minutes}"
        f" minute{'' if minutes == 1 else 's'}, or ask a supervisor to unlock you."
    )
