"""Signing in: too many wrong passwords, and the second factor of whoever enters the admin (N21).

django-otp keeps the devices: a code is taken once, and each wrong one doubles the wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from axes.models import AccessAttempt
from django.db import transaction
from django.utils import timezone
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.services.audit import record_act

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User

RECOVERY_CODES = 10
WRONG = (
    "This code does not open. Each works once: wait for the app’s next one, and mind that the"
    " clocks of phone and desk agree."
)
APP, PAPER = "authenticator", "recovery codes"


class CodeRefused(Exception):
    """The code does not open; its message is a sentence for whoever typed it."""


def has_second_factor(user: User) -> bool:
    """Whether the user has set up an app, and is asked for its codes from then on."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def is_verified(user: User, device_id: str | None) -> bool:
    """Whether this device of the user's is there still: once reset, its sessions count no more."""
    device = Device.from_persistent_id(device_id) if device_id else None
    return bool(device and device.user_id == user.pk and device.confirmed)


def device_to_enrol(user: User) -> TOTPDevice:
    """The device whose key the user's app is to read: the same one until a code confirms it."""
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, name=APP)
    return device


def enrol(*, user: User, code: str, now: datetime) -> tuple[TOTPDevice, list[str]]:
    """Confirm the user's app by a code of it. Returns recovery codes, which are not shown again.

    Raises CodeRefused.
    """
    device = device_to_enrol(user)
    _take(user, device, code)  # not in our transaction, or a wrong code would cost no wait
    with transaction.atomic():
        _forget(user, but=device.pk)
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        paper = StaticDevice.objects.create(user=user, name=PAPER)
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=paper, token=token) for token in codes)
        record_act(actor=user, act="set up two-factor sign-in", subject=user, now=now)
    return device, codes


def check_code(*, user: User, code: str, now: datetime) -> Device:
    """Take a code of the user's app, or a recovery code. Raises CodeRefused."""
    code = "".join(code.split()).lower()
    kind = TOTPDevice if code.isdigit() else StaticDevice
    device = kind.objects.filter(user=user, confirmed=True).first()
    if device is None:
        raise CodeRefused(WRONG)
    _take(user, device, code)
    if kind is StaticDevice:
        left = device.token_set.count()
        record_act(
            actor=user,
            act="signed in with a recovery code",
            subject=user,
            after={"codes left": left},
            now=now,
        )
    return device


@transaction.atomic
def reset_second_factor(*, user: User, actor: User | AnonymousUser | None, now: datetime) -> bool:
    """Forget the user's devices: lost, or no longer theirs. False where there is none."""
    had_one = has_second_factor(user)
    _forget(user)
    if had_one:
        record_act(actor=actor, act="reset two-factor sign-in", subject=user, now=now)
    return had_one


@transaction.atomic
def unlock_sign_in(*, user: User, actor: User | AnonymousUser, now: datetime) -> bool:
    """Forget the wrong passwords typed for this user. False where there are none."""
    tries, _ = AccessAttempt.objects.filter(username=user.get_username()).delete()
    if tries:
        record_act(actor=actor, act="unlocked signing in", subject=user, now=now)
    return bool(tries)


def _forget(user: User, *, but: int | None = None) -> None:
    TOTPDevice.objects.filter(user=user).exclude(pk=but).delete()
    StaticDevice.objects.filter(user=user).delete()


def _take(user: User, device: Device, code: str) -> None:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        left = (why["locked_until"] - timezone.now()).total_seconds()
        seconds = max(1, -int(-left // 1))
        raise CodeRefused(
            f"Too many wrong codes. Wait {seconds} second{'' if seconds == 1 else 's'}, then type"
            " the code that the app shows by then."
        )
    if verify_token(user, device.persistent_id, "".join(code.split())) is None:
        raise CodeRefused(WRONG)
