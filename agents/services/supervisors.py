"""Supervisors, of whom one must always be able to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from smsdesk.lib.locks import lock_until_commit

if TYPE_CHECKING:
    from collections.abc import Collection


def leaves_no_supervisor(*, without: Collection[int]) -> bool:
    """Whether nobody could supervise any more if these users could not.

    Ask it in the transaction that takes it from them: until the commit nobody else can.
    """
    lock_until_commit("supervisors")
    supervisors = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    return (
        supervisors.filter(pk__in=without).exists()
        and not supervisors.exclude(pk__in=without).exists()
    )
