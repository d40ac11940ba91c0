"""The audit trail: every change of the configuration and every act, by whom, and never undone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from agents.models import Agent, AuditEntry, Team
from agents.services.audit import prune_audit, record_act
from agents.services.following import followed_models
from agents.services.places import take_place
from agents.services.roster import change_team
from agents.services.status import set_status
from cases.models import CustomerPhone
from routing.enums import RequestKind, RequestState
from routing.models import CarrierAccount, CarrierRequest, Destination, QueueMember
from smsdesk.lib import clock
from smsdesk.lib.sealed import SealedField
from smsdesk.settings.environment import ROOT
from tests.factories import (
    AccountFactory,
    AgentFactory,
    CustomerFactory,
    DestinationFactory,
    QueueFactory,
    TeamFactory,
)
from tests.support.admin_forms import untouched
from tests.support.admin_rows import MAKE

pytestmark = pytest.mark.django_db

# Which field is changed, and to what; a name where nothing is said.
CHANGES = {
    "auth.user": {"username": "kim2"},
    "cases.article": {"title": "Another title"},
    "cases.cannedreply": {"title": "Another title"},
    "cases.case": {"subject": "Another subject"},
    "cases.retentionperiod": {"days": 90},
    "routing.blockednumber": {"reason": "Other threats"},
    "routing.destination": {"price_per_part": "0.5"},
    "routing.keyword": {"word": "PARE"},
    "routing.numbercapability": {"country": "LU"},
    "routing.smsswitch": {"reason": "Maintenance"},
}


def changeable():
    """The models that a supervisor can change in the admin."""
    request = type("R", (), {"user": User(is_superuser=True, is_active=True)})()
    return [
        model for model, page in admin.site._registry.items() if page.has_change_permission(request)
    ]


@pytest.fixture
def supervisor():
    return User.objects.create_superuser("supervisor")


@pytest.fixture
def desk(client, supervisor):
    client.force_login(supervisor)
    return client


def address(row, page="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def entries_of(row):
    label = row._meta.label_lower
    return AuditEntry.objects.filter(subject_type=label, subject_id=str(row.pk)).order_by("pk")


def test_N20_whatever_a_supervisor_can_change_is_followed():
    models = set(changeable())
    for page in admin.site._registry.values():
        models |= {inline.model for inline in page.inlines if inline.can_delete}

    assert models - followed_models() == set()


@pytest.mark.parametrize("model", changeable(), ids=lambda model: model._meta.label_lower)
def test_N20_a_change_in_the_admin_is_written_down(desk, supervisor, model):
    row = MAKE[model._meta.label_lower]()
    changes = CHANGES.get(model._meta.label_lower, {"name": "Another name"})
    before = clock.now()

    page = desk.get(address(row))
    saved = desk.post(address(row), untouched(page) | changes)

    assert saved.status_code == 302, saved.context["errors"]
    entry = entries_of(row).last()
    (field,) = changes
    assert entry.act == "changed"
    assert (entry.actor, entry.actor_name) == (supervisor, "supervisor")
    assert before <= entry.at <= clock.now()
    assert list(entry.before) == list(entry.after) == [model._meta.get_field(field).verbose_name]


def test_N20_before_and_after_are_in_words(desk):
    agent = AgentFactory(name="Robin", may_reject=True)
    team = TeamFactory(name="Night shift")

    form = untouched(desk.get(address(agent)))
    del form["may_reject"]
    desk.post(address(agent), form | {"team": team.pk, "limit": 3})

    entry = entries_of(agent).last()
    assert entry.before == {"team": "", "conversation limit": "", "may reject offers": "yes"}
    assert entry.after == {
        "team": "Night shift",
        "conversation limit": 3,
        "may reject offers": "no",
    }
    listed = desk.get(reverse("admin:agents_auditentry_changelist")).text
    assert "<b>conversation limit</b>: nothing → 3" in listed
    assert "<b>may reject offers</b>: yes → no" in listed
    assert "<b>team</b>: nothing → Night shift" in desk.get(address(entry)).text


def test_N20_inlines_are_written_down(desk):
    queue, agent = QueueFactory(name="Claims"), AgentFactory(name="Robin")

    form = untouched(desk.get(address(queue)))
    desk.post(
        address(queue),
        form
        | {
            "memberships-TOTAL_FORMS": 1,
            "memberships-0-agent": agent.pk,
            "memberships-0-queue": queue.pk,
        },
    )

    entry = entries_of(QueueMember.objects.get()).get()
    assert (entry.act, entry.after) == ("created", {"queue": "Claims", "agent": "Robin"})
    assert not entries_of(queue).filter(act="changed").exists()


def test_N20_many_to_many_is_written_down_from_both_ends(desk):
    group, user = Group.objects.create(name="Night shift"), User.objects.create_user("kim")

    user.groups.set([group])
    group.user_set.clear()

    assert [(e.before, e.after) for e in entries_of(user).filter(act="changed")] == [
        ({"groups": []}, {"groups": ["Night shift"]}),
        ({"groups": ["Night shift"]}, {"groups": []}),
    ]


def test_N20_deleting_many_is_written_down_with_what_was(desk):
    places = [DestinationFactory(country=country) for country in ("US", "DE")]

    desk.post(
        reverse("admin:routing_destination_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [place.pk for place in places],
            "post": "yes",
        },
    )

    assert not Destination.objects.exists()
    for place in places:
        entry = entries_of(place).last()
        assert (entry.act, entry.actor_name) == ("deleted", "supervisor")
        assert entry.before["country"] == place.country


def test_N20_what_a_cascade_takes_along_is_written_down():
    queue = QueueFactory()
    member = QueueMember.objects.create(queue=queue, agent=AgentFactory(name="Robin"))

    member.agent.delete()

    assert entries_of(member).last().before["agent"] == "Robin"


def test_N20_services_outside_the_admin_are_followed_too():
    team = TeamFactory(name="Night shift", limit=None)

    team.limit = 4
    change_team(team=team, fields=["limit"])

    entry = entries_of(team).last()
    assert (entry.actor, entry.actor_name) == (None, "")
    assert (entry.before, entry.after) == ({"conversation limit": ""}, {"conversation limit": 4})


def test_N20_a_refused_change_leaves_no_entry(desk):
    team = TeamFactory(limit=4)

    desk.post(address(team), {"name": team.name, "limit": 13})

    assert not entries_of(team).filter(act="changed").exists()


def test_N20_what_the_desk_itself_moves_is_no_configuration():
    agent = AgentFactory()
    many = AuditEntry.objects.count()

    with transaction.atomic():
        take_place(agent=agent, now=clock.now())
        set_status(agent_id=agent.pk, code="On Break", reason="CHOSEN", now=clock.now())
    agent = Agent.objects.get()
    agent.load = 0
    agent.save()

    assert AuditEntry.objects.count() == many


def test_N20_secrets_are_named_but_never_shown(desk):
    account = AccountFactory(auth_token="the old token")
    user = User.objects.create_user("kim", password="the old password")
    desk.post(address(account), untouched(desk.get(address(account))) | {"auth_token": "the new"})
    password = {"password1": "brand-New-4711", "password2": "brand-New-4711"}
    desk.post(reverse("admin:auth_user_password_change", args=[user.pk]), password)

    assert CarrierAccount.objects.get().auth_token == "the new"
    # The old token still counts while the new one is brought to the carrier.
    for row, fields in ((account, ["auth token", "previous secret"]), (user, ["password"])):
        entry = entries_of(row).last()
        assert entry.before == dict.fromkeys(fields, "not shown")
        assert entry.after == dict.fromkeys(fields, "changed, not shown")
        assert entry.actor_name == "supervisor"
    for entry in AuditEntry.objects.all():
        assert "the " not in f"{entry.before}{entry.after}"


def test_N20_whatever_is_sealed_never_enters_the_trail():
    sealed = [field.name for field in CarrierAccount._meta.fields if isinstance(field, SealedField)]
    account = AccountFactory(**dict.fromkeys(sealed, "s3cr3t"), options={"password": "s3cr3t"})
    for name in sealed:
        setattr(account, name, "n3w-s3cr3t")
    account.options = {"password": "n3w-s3cr3t"}
    account.save()
    entries = entries_of(account).all()
    account.delete()

    assert len(sealed) >= 3
    assert [entry.act for entry in entries] == ["created", "changed", "deleted"]
    for entry in AuditEntry.objects.all():
        assert "s3cr3t" not in f"{entry.before}{entry.after}{entry.subject_label}"


def test_N20_of_customers_only_the_names_of_fields_are_kept(desk):
    customer = CustomerFactory(name="Dana Whitfield", phones=["+14155550101"])
    assert not entries_of(customer).exists()

    form = untouched(desk.get(address(customer)))
    desk.post(address(customer), form | {"name": "Dana W.", "phones-0-number": "+14155550102"})

    entry = entries_of(customer).get()
    assert entry.subject_label == f"customer {customer.pk}"
    assert entry.after == {"name": "changed, not shown"}
    phone = entries_of(CustomerPhone.objects.get()).get()
    assert "+1415" not in f"{phone.subject_label}{phone.before}{phone.after}"


def test_N20_acts_are_written_down_beside_changes(desk, supervisor):
    request = CarrierRequest.objects.create(
        account=AccountFactory(),
        kind=RequestKind.INBOUND,
        url="http://testserver/",
        body=b"",
        received_at=clock.now(),
        state=RequestState.PARKED,
    )
    desk.post(
        reverse("admin:routing_carrierrequest_changelist"),
        {"action": "replay", "_selected_action": [request.pk]},
    )
    agent = AgentFactory(name="Robin")
    record_act(
        actor=supervisor,
        act="set the status of",
        subject=agent,
        before={"status": "Available"},
        after={"status": "Training"},
        now=clock.now(),
    )

    assert entries_of(request).get().act == "handled again"
    listed = desk.get(reverse("admin:agents_auditentry_changelist"), {"q": "training"})
    assert listed.context["cl"].result_count == 1
    assert "Available → Training" in listed.text


@pytest.mark.parametrize(
    "query", [{"person": "kim"}, {"kind": "agents.team"}, {"act": "sold"}, {"q": "Blue"}]
)
def test_N20_the_trail_is_filtered_and_searched(desk, supervisor, query):
    kim = User.objects.create_user("kim")
    team = Team(name="Blue", pk=7)
    record_act(actor=kim, act="sold", subject=team, after={"to": "Acme"}, now=clock.now())
    record_act(actor=supervisor, act="bought", subject="a hat", now=clock.now())

    page = desk.get(reverse("admin:agents_auditentry_changelist"), query)

    assert [str(entry) for entry in page.context["cl"].result_list] == ["kim sold Blue"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE agents_auditentry SET actor_name = 'nobody'",
        "UPDATE agents_auditentry SET actor_id = NULL, act = 'slept'",
        "DELETE FROM agents_auditentry",
        "TRUNCATE agents_auditentry",
    ],
)
def test_N20_the_database_refuses_to_change_the_trail(supervisor, sql):
    record_act(actor=supervisor, act="sold", subject="a hat", now=clock.now())

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL smsdesk.audit_allows = ''")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or truncating is refused for these
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql)

    assert AuditEntry.objects.filter(actor_name="supervisor", act="sold").exists()


def test_N20_the_trail_outlives_its_people(supervisor):
    kim = User.objects.create_user("kim")
    entry = record_act(actor=kim, act="sold", subject="a hat", now=clock.now())

    kim.delete()

    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name) == (None, "kim")


def test_N20_retention_prunes_and_says_so(supervisor):
    now = clock.now()
    record_act(actor=supervisor, act="sold", subject="a hat", now=now - timedelta(days=400))
    kept = record_act(actor=supervisor, act="bought", subject="a hat", now=now)

    assert prune_audit(before=now - timedelta(days=365), now=now, most=100) == 1

    assert not AuditEntry.objects.filter(act="sold").exists()
    assert AuditEntry.objects.filter(act="pruned").get().after["entries"] == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        kept.delete()


def test_N20_the_admin_has_no_bulk_writes():
    """They send no signals, so the trail would not see them: rows are saved one by one."""
    modules = [
        path
        for app in ("agents", "routing", "cases", "smsdesk")
        for path in (ROOT / app).rglob("*.py")
        if "admin" in path.relative_to(ROOT).as_posix()
    ]

    assert modules
    for path in modules:
        assert not re.search(r"\.(update|bulk_create|bulk_update)\(", path.read_text()), path
