"""Customers and what is on file about them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from cases.models import Customer, Disposition


class CustomerFactory(DjangoModelFactory):
    """``phones`` are the customer's numbers."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Customer {n}")

    @factory.post_generation
    def phones(self, create, extracted, **kwargs):
        for number in extracted or []:
            self.phones.create(number=number)


class DispositionFactory(DjangoModelFactory):
    class Meta:
        model = Disposition

    name = factory.Sequence(lambda n: f"Disposition {n}")
