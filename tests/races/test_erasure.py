"""N19: a person is erased while the desk is at work with them: all of it goes, or nothing does."""

from __future__ import annotations

import uuid
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cases.enums import Audience
from cases.models import Campaign, CampaignRecipient, Case, CaseLink, Customer, CustomerPhone
from cases.services.campaigns import CampaignRefused, start_campaign, text_next
from cases.services.cases import NoSuchCustomer, save_new_case
from cases.services.erasure import NotErased, erase_customer
from cases.services.notes import add_note
from cases.services.records import RecordGone, edit_customer
from routing.enums import Author, RequestKind, RequestState
from routing.models import CarrierRequest, Interaction, Message
from routing.services.delivery import deliver_message
from routing.services.inbox import handle_request
from routing.services.interactions import AlreadyEnded, end_interaction, wrap_up
from routing.services.outbound import TextRefused, send_text
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CampaignFactory,
    CaseFactory,
    CustomerFactory,
    MessageFactory,
    active_interaction,
    started_campaign,
)
from tests.races.together import call, errors, finish, together
from tests.support.admin_forms import untouched
from tests.support.everywhere import found_anywhere

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]
RUNS = 8
NEW = "madagascar"


def number_of(run: int) -> str:
    return f"+1415556{run:04}"


def old(run: int) -> str:
    """What stands in each of a person's rows."""
    return f"zanzibar{run:02}"


def somebody(channel, run: int) -> Customer:
    """A customer with a conversation that is over, in which the old word was said."""
    customer = CustomerFactory(name=old(run), phones=[number_of(run)])
    case = CaseFactory(customer=customer, subject=old(run))
    agent = AgentFactory()
    talk = active_interaction(agent, channel=channel, customer_address=number_of(run))
    MessageFactory(interaction=talk, body=old(run))
    CaseLink.objects.create(interaction=talk, customer=customer, case=case)
    finish(agent, talk)
    return customer


def erase(customer):
    return call(erase_customer, customer_id=customer.pk)


def both(run: int, one, other) -> tuple:
    """In whichever order they are quicker."""
    return (one, other) if run % 2 else (other, one)


def assert_all_or_nothing(customer, run: int, *, erased: bool) -> None:
    """Nothing old is left, or all of it."""
    assert Customer.objects.filter(pk=customer.pk).exists() is not erased
    found = {table for table, _, _ in found_anywhere(old(run))}
    if erased:
        assert not found
    else:
        assert {"routing_message", "cases_case", "cases_customer"} <= found


def outcome(results) -> bool:
    """Whether it was erased."""
    return any(isinstance(result, dict) for result in results)


def a_text(channel, number: str) -> CarrierRequest:
    return CarrierRequest.objects.create(
        account=channel.account,
        kind=RequestKind.INBOUND,
        url="http://testserver/",
        body=urlencode(
            {"MessageSid": uuid.uuid4().hex, "From": number, "To": channel.number, "Body": NEW}
        ).encode(),
        received_at=clock.now(),
        state=RequestState.STORED,
        due_at=clock.now(),
    )


def test_N19_a_text_comes_in_meanwhile_and_is_the_beginning_of_something_new(channel):
    for run in range(RUNS):
        customer, request = somebody(channel, run), a_text(channel, number_of(run))
        handle = call(handle_request, request_id=request.pk, now=clock.now())

        results = together(*both(run, erase(customer), handle))

        assert errors(results, NotErased) == []
        assert_all_or_nothing(customer, run, erased=outcome(results))
        talk = Interaction.objects.get(messages__request=request)
        assert talk.customer_address == number_of(run)
        assert talk.messages.get().body == NEW


def test_N19_an_agent_replies_meanwhile_and_ends_it(channel):
    for run in range(RUNS):
        customer, agent = somebody(channel, run), AgentFactory()
        talk = active_interaction(agent, channel=channel, customer_address=number_of(run))
        ids = {"interaction_id": talk.pk, "agent_id": agent.pk}

        def work(ids=ids, run=run):
            sent = send_text(**ids, body=old(run), client_id=uuid.uuid4(), now=clock.now())
            deliver_message(message_id=sent.pk, now=clock.now())
            with suppress(AlreadyEnded):
                end_interaction(**ids, now=clock.now())
            with suppress(AlreadyEnded):
                wrap_up(**ids, disposition="", note=old(run), now=clock.now())

        results = together(*both(run, erase(customer), work))

        assert errors(results, NotErased, TextRefused) == []
        assert_all_or_nothing(customer, run, erased=outcome(results))


@pytest.mark.parametrize("how", ["a case", "a note", "details"])
def test_N19_an_agent_writes_about_them_meanwhile(channel, how):
    for run in range(RUNS):
        customer, agent = somebody(channel, run), AgentFactory()
        if how == "a case":
            talk = active_interaction(agent, channel=channel)
            CaseLink.objects.create(interaction=talk, customer=customer)
            words = dict.fromkeys(("name", "email", "address", "description"), "")
            write = call(
                save_new_case,
                interaction_id=talk.pk,
                agent_id=agent.pk,
                subject=old(run),
                now=clock.now(),
                **words,
            )
        elif how == "a note":
            case = Case.objects.get(customer=customer)
            write = call(add_note, agent_id=agent.pk, case_id=case.pk, body=NEW, now=clock.now())
        else:
            fields = {"name": old(run), "email": "", "address": "", "notes": "Called."}
            write = call(edit_customer, customer_id=customer.pk, seen=customer.seen, **fields)

        results = together(*both(run, erase(customer), write))

        assert errors(results, NotErased, NoSuchCustomer, RecordGone) == []
        assert_all_or_nothing(customer, run, erased=outcome(results))


def test_N19_a_campaign_texts_them_meanwhile(channel):
    for run in range(RUNS):
        customer = somebody(channel, run)
        campaign = started_campaign(number_of(run), channel=channel)
        text = call(text_next, campaign_id=campaign.pk, now=clock.now())

        results = together(*both(run, erase(customer), text))

        assert errors(results, NotErased) == []
        assert not outcome(results)
        assert_all_or_nothing(customer, run, erased=False)
        assert Message.objects.filter(
            author=Author.AUTOMATIC, interaction__customer_address=number_of(run)
        ).exists()


@pytest.mark.parametrize("audience", [Audience.LIST, Audience.CUSTOMERS])
def test_N19_a_campaign_that_means_them_is_started_meanwhile(channel, audience):
    for run in range(RUNS):
        customer = somebody(channel, run)
        CustomerFactory(phones=["+14155559999"])
        listed = f"{number_of(run)}\n+14155559998" if audience == Audience.LIST else ""
        campaign = CampaignFactory(channel=channel, audience=audience, numbers=listed)
        start = call(start_campaign, campaign_id=campaign.pk, seen=campaign.seen, now=clock.now())

        results = together(*both(run, erase(customer), start))

        assert errors(results, NotErased, CampaignRefused) == []
        erased = outcome(results)
        assert_all_or_nothing(customer, run, erased=erased)
        theirs = CampaignRecipient.objects.filter(campaign=campaign, number=number_of(run))
        assert theirs.exists() is not erased
        assert (number_of(run) in Campaign.objects.get(pk=campaign.pk).numbers) <= (not erased)


def test_N19_a_supervisor_saves_their_form_meanwhile_and_brings_nobody_back(channel, settings):
    settings.AXES_ENABLED = False
    supervisor = Client()
    supervisor.force_login(User.objects.create_superuser("sue"))
    for run in range(RUNS):
        customer = somebody(channel, run)
        address = reverse("admin:cases_customer_change", args=[customer.pk])
        form = untouched(supervisor.get(address)) | {"email": "zan@example.org"}

        results = together(*both(run, erase(customer), call(supervisor.post, address, form)))

        assert errors(results, NotErased) == []
        erased = outcome(results)
        assert_all_or_nothing(customer, run, erased=erased)
        assert CustomerPhone.objects.filter(number=number_of(run)).exists() is not erased
