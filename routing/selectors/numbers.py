"""What numbers can become channels: by themselves, and by the capability table (A3–A8, A11–A14)."""

from __future__ import annotations

from routing.enums import NumberType, NumberUse
from routing.models import NumberCapability
from smsdesk.lib import phone
from smsdesk.lib.countries import country_name


def type_told_by(number: str) -> NumberType:
    """The type of a stored number as it tells itself; a long code where it tells none."""
    if phone.is_short_code(number):
        return NumberType.SHORT_CODE
    return NumberType.TOLL_FREE if phone.is_toll_free(number) else NumberType.LONG_CODE


def why_no_such_number(number: str, number_type: str) -> dict[str, str]:
    """What is wrong with a number and its type, by field; nothing where both are well."""
    shown = phone.display(number)
    if phone.is_virtual(number):
        return {
            "number": f"{shown} is a virtual number, which cannot be used for SMS."
            " Take a number with a line of its own."
        }
    told = type_told_by(number)
    # A number nobody knows yet may be toll-free all the same; a short code is one by its length.
    is_certain = told == NumberType.SHORT_CODE or phone.is_known(number)
    if number_type != told and (is_certain or number_type == NumberType.SHORT_CODE):
        return {"number_type": f"{shown} is a {told.label} number. Choose that, or leave it empty."}
    return {}


def why_no_channel(*, country: str, number_type: str, used_for: str) -> dict[str, str]:
    """What the capability table has against a channel, by field; nothing where it has not."""
    kind, where = NumberType(number_type).label, country_name(country)
    row = NumberCapability.objects.filter(country=country, number_type=number_type).first()
    if row is None:
        return {
            "number": f"Nothing is known of {kind} numbers of {where}. Ask the carrier whether they"
            " can text, and add a line for them under Number capabilities."
        }
    if not row.inbound:
        return {
            "number": f"By the number capabilities, {kind} numbers of {where} receive no texts."
            " Take another number, or correct the line there."
        }
    if used_for == NumberUse.VOICE_SMS and not row.voice:
        return {
            "used_for": f"By the number capabilities, {kind} numbers of {where} are for SMS only."
            " Choose that, or correct the line there."
        }
    return {}
