"""Customers and cases by a few letters or digits, as they are typed (G9)."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Q
from django.db.models.functions import Reverse

from cases.models import Case, Customer, CustomerPhone
from cases.models.case import CASE_WORDS, FIRST_CASE_NUMBER
from cases.models.customer import CUSTOMER_WORDS
from cases.models.search import BETWEEN_WORDS
from cases.selectors.customers import ranked
from routing.models import Channel
from smsdesk.lib import phone

FEWEST_LETTERS = 2
FEWEST_DIGITS = 3
MOST_WORDS = 8
# So many of those found are put in order; whoever finds more types another letter.
RANKED = 50
FOUND = 8
# Not the column itself: PostgreSQL would read row after row in its order, hoping for fifty soon.
LATEST = (F("pk") + 0).desc()
SPACES = str.maketrans(dict.fromkeys([*BETWEEN_WORDS, *map(chr, range(32))], " "))
CASE_NUMBER = re.compile(r"#?(\d{4,18})")


def find_customers(text: str, *, most: int = FOUND) -> list[Customer]:
    """Customers by name, address, e-mail or number, with their phones.

    Those with an open case come first, then those seen last. A number is found by its first
    digits, national or international, and by its last ones.
    """
    found = Q(pk__in=_by_number(text))
    words = _beginnings(text)
    if words:
        named = Customer.objects.annotate(words=CUSTOMER_WORDS).filter(words=words)
        found |= Q(pk__in=list(named.order_by(LATEST).values_list("pk", flat=True)[:RANKED]))
    return list(ranked(Customer.objects.filter(found))[:most])


def find_cases(text: str, *, most: int = FOUND) -> list[Case]:
    """Cases by their number, or by words of subject and description; the latest first."""
    number = CASE_NUMBER.fullmatch(text.strip())
    found = Q(pk=int(number[1]) - FIRST_CASE_NUMBER) if number else Q()
    words = _beginnings(text)
    if words:
        worded = Case.objects.annotate(words=CASE_WORDS).filter(words=words)
        found |= Q(pk__in=list(worded.order_by(LATEST).values_list("pk", flat=True)[:RANKED]))
    if not found:
        return []
    cases = Case.objects.filter(found).select_related("customer")
    return list(cases.order_by("-updated_at", "-pk")[:most])


def _beginnings(text: str) -> SearchQuery | None:
    """Every word of ``text``, each of them begun; None where there is too little to go by."""
    words = text.translate(SPACES).encode(errors="ignore").decode().split()[:MOST_WORDS]
    if sum(map(len, words)) < FEWEST_LETTERS:
        return None
    return SearchQuery(
        " & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple"
    )


def _by_number(text: str) -> list[int]:
    digits = "".join(char for char in text if char in "0123456789")
    if len(digits) < FEWEST_DIGITS or any(char.isalpha() for char in text):
        return []
    national = digits.lstrip("0") or digits
    # 001 415 is +1 415; 020 7946 0958 is the end of +44 20 7946 0958; a short code has no +.
    written = Q(number__startswith=f"+{national}") | Q(number__startswith=digits)
    written |= Q(backwards__startswith=national[::-1])
    for code in _calling_codes():
        written |= Q(number__startswith=code + national)
    phones = CustomerPhone.objects.annotate(backwards=Reverse("number")).filter(written)
    latest = phones.order_by((F("customer_id") + 0).desc())
    return list(latest.values_list("customer_id", flat=True)[:RANKED])


def _calling_codes() -> set[str]:
    """What may stand in front of a number written without its country: those of our own numbers."""
    regions = {channel.region for channel in Channel.objects.only("number")} or {phone.HOME}
    return {phone.calling_code(region) for region in regions}
