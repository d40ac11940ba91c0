"""N19: two customers that are one person become one, and nothing is lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from agents.models import AuditEntry
from cases.models import CaseLink, Customer
from cases.services.merging import CannotMerge, merge_customers
from cases.services.notes import add_note
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChatLogFactory,
    ConsentEntryFactory,
    CustomerFactory,
    InteractionFactory,
)

pytestmark = pytest.mark.django_db
NUMBER, SHARED = "+14155550123", "+14155550177"


def test_N19_everything_of_both_is_the_survivors():
    agent = AgentFactory(user__username="anna")
    kept = CustomerFactory(name="Dana Smith", phones=[SHARED], notes="Likes tea.")
    other = CustomerFactory(
        name="D. Smith", email="dana@example.org", phones=[NUMBER, SHARED], notes="Owns a boat."
    )
    log = ChatLogFactory(case=CaseFactory(customer=other))
    link = CaseLink.objects.create(interaction=InteractionFactory(), customer=other)
    ConsentEntryFactory(address=NUMBER)
    note = add_note(agent_id=agent.pk, case_id=log.case_id, body="@anna look", now=log.initiated_at)

    moved = merge_customers(keep_id=kept.pk, other_id=other.pk)

    kept = Customer.objects.get()
    assert sorted(kept.phones.values_list("number", flat=True)) == [NUMBER, SHARED]
    case = kept.cases.get()
    assert (case.chat_logs.get(), case.notes.get()) == (log, note.note)
    link.refresh_from_db()
    assert link.customer == kept
    assert (kept.name, kept.email) == ("Dana Smith", "dana@example.org")
    assert "Likes tea." in kept.notes
    assert "Owns a boat." in kept.notes
    assert "name: D. Smith" in kept.notes
    assert moved == {"conversations": 1, "cases": 1, "phone numbers": 1, "filled in": ["email"]}


def test_N19_one_is_not_merged_with_itself_nor_with_who_is_gone():
    customer = CustomerFactory()

    with pytest.raises(CannotMerge, match="one customer already"):
        merge_customers(keep_id=customer.pk, other_id=customer.pk)
    with pytest.raises(CannotMerge, match="not on file any more"):
        merge_customers(keep_id=customer.pk, other_id=0)


class TestAdmin:
    @pytest.fixture
    def desk(self, client):
        client.force_login(User.objects.create_superuser("sue", password="secret"))
        return client

    def choose(self, desk, *customers):
        return desk.post(
            reverse("admin:cases_customer_changelist"),
            {"action": "merge", "_selected_action": [one.pk for one in customers]},
            follow=True,
        )

    def test_N19_a_supervisor_compares_the_two_and_chooses_who_stays(self, desk):
        one, two = CustomerFactory(name="Dana Smith"), CustomerFactory(name="D. Smith")

        page = self.choose(desk, one, two)
        done = desk.post(page.redirect_chain[-1][0], {"keep": two.pk}, follow=True)

        assert "Keep Dana Smith" in page.content.decode()
        assert "Everything of both is D. Smith’s now." in done.content.decode()
        assert Customer.objects.get() == two
        for row, words in [(one, {"into": f"customer {two.pk}"}), (two, {"cases": 0})]:
            entry = AuditEntry.objects.get(act="merged", subject_id=row.pk)
            assert words.items() <= entry.after.items()
        trail = str(list(AuditEntry.objects.values_list("subject_label", "before", "after")))
        assert "Smith" not in trail

    def test_N19_it_takes_two(self, desk):
        page = self.choose(desk, *CustomerFactory.create_batch(3))

        assert "Choose the two customers that are one person" in page.content.decode()
        assert Customer.objects.count() == 3

    def test_N19_without_a_choice_nothing_is_merged(self, desk):
        one, two = CustomerFactory(), CustomerFactory()
        page = self.choose(desk, one, two)

        again = desk.post(page.redirect_chain[-1][0], {})

        assert "Choose which of the two is kept." in again.content.decode()
        assert Customer.objects.count() == 2
