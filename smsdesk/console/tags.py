"""What templates say of texts and phone numbers (F16, F17, G12), built in to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from smsdesk.console import links
from smsdesk.lib import phone

if TYPE_CHECKING:
    from django.template.context import Context
    from django.utils.safestring import SafeString

    from cases.models import Note

register = template.Library()
register.filter("shown", phone.display)


@register.simple_tag(takes_context=True)
def linked(context: Context, text: str, near: str) -> SafeString:
    """A text with its links and numbers; it is read where the number ``near`` it is from."""
    return links.linked(text, region=phone.region_of(near), why_no_text=_why_no_text(context))


@register.simple_tag(takes_context=True)
def linked_note(context: Context, note: Note, near: str) -> SafeString:
    """A note in the same way, with the colleagues it names."""
    return links.linked_note(note, region=phone.region_of(near), why_no_text=_why_no_text(context))


@register.simple_tag(takes_context=True)
def call_or_text(context: Context, number: str) -> SafeString:
    """A number with its button."""
    return links.call_or_text(number, _why_no_text(context))


@register.simple_tag(takes_context=True)
def text_button(context: Context, number: str) -> SafeString:
    """The button alone, where the number stands already."""
    return links.text_button(number, _why_no_text(context))


def _why_no_text(context: Context) -> str:
    # Not looked at here: it is read from the database, and only where there is a number.
    return context["request"].why_no_text  # type: ignore[no-any-return]
