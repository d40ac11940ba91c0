"""Whatever a form of the desk refuses, it says in words for an agent."""

from __future__ import annotations

from inspect import getmembers, isclass

import pytest
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise

from smsdesk.console import case_forms
from smsdesk.console import forms as desk_forms
from tests.factories import QueueFactory

pytestmark = pytest.mark.django_db

FORMS = {
    form
    for module in (desk_forms, case_forms)
    for _, form in getmembers(module, isclass)
    if issubclass(form, forms.BaseForm)
}
# Nothing, too long, no character, no number, too small a number, too large a one, no choice.
NONSENSE = ("", "x" * 20_000, "a\x00b", "-1", "9" * 40, "1.5", "nan")


@pytest.mark.parametrize("form_class", sorted(FORMS, key=str))
def test_no_words_of_djangos_own_reach_an_agent(form_class):
    more = {"queue_id": QueueFactory().pk} if form_class is desk_forms.WrapUpForm else {}
    names = form_class.base_fields
    for nonsense in NONSENSE:
        form = form_class(MultiValueDict({name: [nonsense] for name in names}), **more)
        for error in (each for errors in form.errors.as_data().values() for each in errors):
            # What Django says is there to be translated; what we say is plain.
            assert not isinstance(error.message, Promise), (nonsense, str(error.message))
        for sentence in (str(each) for errors in form.errors.values() for each in errors):
            assert sentence.endswith("."), sentence


def test_what_is_too_long_says_by_how_much():
    form = case_forms.EditCustomerForm({"name": "x" * 121})

    assert form.errors["name"] == [
        "This is too long: 120 characters fit, and these are 121. Nothing was lost; shorten it."
    ]
