"""``manage.py seed_demo``: the demo desk of ``make run``, and its log-ins in ``var/demo.json``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from agents.models import Agent
from routing.models import Channel
from smsdesk import demo
from smsdesk.demo.people import SUPERVISOR, USERNAMES, set_password
from smsdesk.lib import clock
from smsdesk.settings.base import env

if TYPE_CHECKING:
    from argparse import ArgumentParser

DEFAULT_URL = "http://127.0.0.1:8000"


class Command(BaseCommand):
    help = (
        "Makes the demo desk, once, and writes its log-ins to demo.json. Safe to run again: then"
        " it only points the demo's carrier to the present PUBLIC_URL, puts back people who were"
        " deleted, and gives new passwords to those whose old ones are not in the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=env.var_dir / "demo.json")

    def handle(self, *_: str, file: Path, **__: Any) -> None:
        if not settings.HANDSET:
            raise CommandError("The demo texts through the simulated carrier: set HANDSET=1.")
        base_url = settings.PUBLIC_URL or DEFAULT_URL
        try:
            made = demo.seed_demo(base_url=base_url, now=clock.now())
        except demo.DeskInUse as error:
            raise CommandError(str(error)) from error
        document = _document(base_url=base_url, passwords=_passwords(file))
        _write_secret(file, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        done = "The demo desk was made" if made else "The demo desk is there"
        self.stdout.write(f"{done}; its log-ins are in {file}.")


def _passwords(file: Path) -> dict[str, str]:
    """Everybody's password: as the file has it, or a new one where it does not."""
    known = _known_passwords(file)
    passwords = {}
    for user in User.objects.filter(username__in=USERNAMES):
        # Whoever was put back has none yet, whatever the file says.
        kept = known.get(user.username) if user.has_usable_password() else None
        passwords[user.username] = kept or set_password(user.username)
    return passwords


def _known_passwords(file: Path) -> dict[str, str]:
    """The passwords in the file; none where it is lost, broken or about another database.

    The carrier's auth token tells: it is made anew with every demo.
    """
    try:
        document = json.loads(file.read_text())
        tokens = {channel["auth_token"] for channel in document["channels"]}
        people = {
            person["username"]: person["password"]
            for person in [document["supervisor"], *document["agents"]]
        }
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return people if tokens == {account.auth_token for account in demo.demo_accounts()} else {}


def _document(*, base_url: str, passwords: dict[str, str]) -> dict[str, Any]:
    agents = Agent.objects.filter(user__username__in=set(passwords) - {SUPERVISOR}).select_related(
        "user"
    )
    channels = Channel.objects.filter(account__in=demo.demo_accounts()).select_related("account")
    return {
        "base_url": base_url,
        "handset_url": f"{base_url}/handset/",
        "supervisor": {
            "username": SUPERVISOR,
            "password": passwords[SUPERVISOR],
        },
        "agents": [
            {
                "username": agent.user.username,
                "password": passwords[agent.user.username],
                "name": agent.name,
            }
            for agent in agents.select_related("user").order_by("id")
        ],
        "channels": [
            {
                "name": channel.name,
                "number": channel.number,
                "carrier": channel.account.carrier,
                "account_sid": channel.account.account_sid,
                "auth_token": channel.account.auth_token,
                "inbound_url": f"{base_url}{channel.account.inbound_path}",
                "status_url": f"{base_url}{channel.account.status_path}",
            }
            for channel in channels.order_by("id")
        ],
    }


def _write_secret(file: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner alone from the first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(file)
