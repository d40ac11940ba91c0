from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Reverse

from cases.models.search import words_of
from smsdesk.lib import phone
from smsdesk.lib.digests import digest

CUSTOMER_WORDS = words_of("name", "email", "address")


class Customer(models.Model):
    """A person who texts us. Several phones each; a phone may be shared by several people."""

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", blank=True)
    address = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # the search for a customer
            GinIndex(CUSTOMER_WORDS, name="customer_words")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seen(self) -> str:
        """What an editor has seen: another one after every change of these fields."""
        return digest(self.name, self.email, self.address, self.notes)


class CustomerPhone(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="phones")
    number = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_phone_once_per_customer", fields=["customer", "number"])
        ]
        indexes = [
            # screen-pop: who may this number be
            models.Index(name="phone_number", fields=["number"]),
            # the search by the first digits, and by the last
            models.Index(name="phone_begins", fields=["number"], opclasses=["text_pattern_ops"]),
            models.Index(OpClass(Reverse("number"), name="text_pattern_ops"), name="phone_ends"),
        ]

    def __str__(self) -> str:
        return self.number

    def clean(self) -> None:
        """Store the number in its one spelling, however it was typed: texts are matched by it."""
        super().clean()
        try:
            self.number = phone.customer(self.number)
        except phone.NotANumber as error:
            raise ValidationError({"number": str(error)}) from error
