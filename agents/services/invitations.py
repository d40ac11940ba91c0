"""Invitations: a link, good once and for some days, by which somebody chooses a password (D4).

It is Django's password reset: using the link, or signing in, ends every link given before.
"""

from __future__ import annotations

import logging
import smtplib
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from agents.services.audit import record_act

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User

logger = logging.getLogger(__name__)

SUBJECT = "Your place at the SMS desk"
BODY = """Hello {name},

you can answer customers' texts at the SMS desk. Choose your password here:

{link}

Your username is {username}. The link works once, and for {days} days.
"""


def days_of_link() -> int:
    """How many days an invitation is good for."""
    return int(settings.PASSWORD_RESET_TIMEOUT // (24 * 3600))


def invitation_path(*, user: User, actor: User | AnonymousUser, now: datetime) -> str:
    """A new link, as a path of this site. Whoever has it becomes this user, so it is on record."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    record_act(actor=actor, act="invited", subject=user, now=now)
    return reverse("invitation", args=[uid, default_token_generator.make_token(user)])


def mail_invitation(*, user: User, name: str, link: str) -> str:
    """Send the link to the user; returns in a sentence what became of it. Call it after commit."""
    if not user.email:
        return f"{name} has no e-mail address, so give them the link yourself."
    if settings.EMAIL_BACKEND == settings.NO_EMAIL:
        return "No e-mail server is set up (EMAIL_URL), so give them the link yourself."
    words = BODY.format(name=name, link=link, username=user.get_username(), days=days_of_link())
    try:
        send_mail(SUBJECT, words, None, [user.email])
    except (OSError, smtplib.SMTPException):
        logger.exception("An invitation could not be sent")
        return "The e-mail could not be sent (the log says why), so give them the link yourself."
    return f"It was sent to {user.email}, too."
