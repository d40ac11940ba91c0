"""Whom the demo desk knows, what its agents can say to them, and where it may text."""

from __future__ import annotations

from decimal import Decimal

from django.apps import apps

from agents.models import Agent
from cases.models import Article, CannedReply, Customer, CustomerPhone
from routing.enums import Reach
from routing.models import BlockedNumber, Destination, PolicyMember, SendingPolicy
from smsdesk.demo.weeks import REGULARS

# name, e-mail, address, notes, phone
CUSTOMERS = [
    (
        "Dana Whitfield",
        "dana.whitfield@example.com",
        "2210 Alder Street, Oakland, CA 94607",
        "Prefers texts in the morning.",
        "+14155550101",
    ),
    (
        "Priya Raman",
        "priya.raman@example.com",
        "48 Juniper Court, San Mateo, CA 94401",
        "Shares her phone with her husband Arjun.",
        "+14155550102",
    ),
    (
        "Arjun Raman",
        "arjun.raman@example.com",
        "48 Juniper Court, San Mateo, CA 94401",
        "Drives the family's second car.",
        "+14155550102",
    ),
]
# Texts from it ring nobody; they stand among the carrier requests.
BLOCKED = "+16285550150"
PHONES = [
    ("+14155550101", "Dana’s phone"),
    ("+14155550102", "The Ramans’ phone"),
    ("+14155550103", "Somebody new"),
    (BLOCKED, "A number that is blocked"),
]

# title, slug, body
ARTICLES = [
    (
        "How to file a claim",
        "how-to-file-a-claim",
        (
            "To file a claim, text us the date and place of the accident, the other driver’s"
            " licence plate, and whether anyone was hurt. We will text you a claim number within"
            " one working day."
        ),
    ),
    (
        "What to do after an accident",
        "after-an-accident",
        (
            "Stop, switch on your hazard lights and make sure everyone is safe. Call 911 if anyone"
            " is hurt. Exchange names, phone numbers and insurers with the other driver, and take"
            " photographs before the cars are moved. Then text us."
        ),
    ),
    (
        "When a claim is paid",
        "when-a-claim-is-paid",
        (
            "Once the assessor’s report is with us we decide within five working days, and pay"
            " within two more. You can text STATUS and your claim number at any time."
        ),
    ),
]


# shortcut, title, body
CANNED_REPLIES = [
    ("hi", "Greeting", "Hello {first_name}, this is {agent} at Acme Insure. How can I help?"),
    (
        "photos",
        "Ask for photographs",
        ("Please send the photographs to photos@example.com, and name {case} in the subject."),
    ),
    ("wait", "One moment", "One moment please, {first_name}, I am looking that up."),
    ("bye", "Goodbye", "Thank you for texting Acme Insure, {first_name}. Take care!"),
]

# country, price of one part in US dollars
PRICES = [
    ("CA", "0.0083"),
    ("DE", "0.1120"),
    ("FR", "0.0798"),
    ("GB", "0.0524"),
    ("IN", "0.0832"),
    ("MX", "0.0672"),
    ("US", "0.0083"),
]


def add_customers() -> None:
    for name, email, address, notes, number in CUSTOMERS:
        customer = Customer.objects.create(name=name, email=email, address=address, notes=notes)
        CustomerPhone.objects.create(customer=customer, number=number)
    for name, number in REGULARS:
        customer = Customer.objects.create(name=name)
        CustomerPhone.objects.create(customer=customer, number=number)
    BlockedNumber.objects.create(number=BLOCKED, reason="Sends advertisements, and nothing else")
    phone_model = apps.get_model("handset", "Phone")
    for number, label in PHONES:
        phone_model.objects.update_or_create(number=number, defaults={"label": label})
    for title, slug, body in ARTICLES:
        Article.objects.create(title=title, slug=slug, body=body)
    for shortcut, title, body in CANNED_REPLIES:
        CannedReply.objects.create(shortcut=shortcut, title=title, body=body)
    Destination.objects.bulk_create(
        Destination(country=country, price_per_part=Decimal(price)) for country, price in PRICES
    )
    # One country that is refused, with the reason that agents read, and one policy to look at.
    Destination.objects.filter(country="IN").update(
        allowed=False, reason="We insure no cars there, and texts are dear"
    )
    nearby = SendingPolicy.objects.create(
        name="United States and Canada only", reach=Reach.LISTED, countries=["US", "CA"]
    )
    PolicyMember.objects.create(policy=nearby, agent=Agent.objects.get(user__username="jonas"))
