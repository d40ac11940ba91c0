"""``manage.py reset_two_factor NAME``: for whom nobody is left to do it in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from agents.services.signing_in import reset_second_factor
from smsdesk.lib import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Forgets a user's authenticator app and recovery codes, when both are lost and nobody can"
        " do it on the admin's list of users. They are set up anew at the next sign-in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_: str, username: str, **__: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        reset = reset_second_factor(user=user, actor=None, now=clock.now())
        self.stdout.write(
            f"{username} will set it up anew." if reset else f"{username} had not set it up."
        )
