from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from smsdesk.lib import phone


class Customer(models.Model):
    """A person who texts us. Several phones each; a phone may be shared by several people."""

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", blank=True)
    address = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class CustomerPhone(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="phones")
    number = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_phone_once_per_customer", fields=["customer", "number"])
        ]
        indexes = [
            # screen-pop: who may this number be
            models.Index(name="phone_number", fields=["number"])
        ]

    def __str__(self) -> str:
        return self.number

    def clean(self) -> None:
        """Store the number in its one spelling, however it was typed: texts are matched by it."""
        super().clean()
        try:
            self.number = phone.normalise(self.number)
        except phone.NotANumber as error:
            raise ValidationError({"number": str(error)}) from error
