"""I1, I2, I4, G12, G13: the new text's dialog, its number as it is typed, and Send."""

from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Agent
from routing.enums import ConsentSource, InteractionState
from routing.models import Channel, ConsentEntry, Destination, Interaction, Message, SmsSwitch
from smsdesk.lib import clock
from tests.console.conftest import offer_text, signed_in
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    CustomerFactory,
    InteractionFactory,
    active_interaction,
)

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def channel(channel):
    Channel.objects.filter(pk=channel.pk).update(name="Claims", number="+12125550199")
    channel.refresh_from_db()
    return channel


def send(desk, over, /, number=CUSTOMER, body="Your claim is paid.", **fields):
    return desk.post(
        "/desk/new-text/send",
        {"channel": over.pk, "number": number, "body": body, "client_id": uuid.uuid4()} | fields,
    )


def hint(desk, channel, number) -> str:
    answer = desk.get("/desk/new-text/number", {"channel": channel.pk, "number": number})
    assert answer.status_code == 200
    return " ".join(answer.text.split())


# -- sending ----------------------------------------------------------------------------------


def test_I2_I4_sending_opens_the_conversation_and_says_so(desk, agent, channel):
    answer = send(desk, channel, "(415) 555-0123")

    interaction = Interaction.objects.get()
    assert answer.text.lstrip().startswith('<main id="work"')
    assert f'data-conversation="{interaction.pk}"' in answer.text
    assert "Your claim is paid." in answer.text
    assert answer["HX-Push-Url"] == f"/desk/conversations/{interaction.pk}/"
    said = json.loads(answer["HX-Trigger"])
    assert said == {"text-sent": {"words": "Text sent to +1 415-555-0123."}}
    assert (interaction.agent, interaction.customer_address) == (agent, CUSTOMER)


def test_I2_the_same_form_again_sends_nothing_and_answers_the_same(desk, channel):
    click = uuid.uuid4()
    first = send(desk, channel, client_id=click)

    again = send(desk, channel, client_id=click)

    assert again["HX-Push-Url"] == first["HX-Push-Url"]
    assert Message.objects.count() == 1


def test_G13_the_new_conversation_pops_the_customer(desk, channel):
    CustomerFactory(name="Dana Whitfield", phones=[CUSTOMER])

    html = send(desk, channel).text

    assert "1 match" in html
    assert "Dana Whitfield" in html


def test_G13_a_number_nobody_has_gives_the_new_case_form(desk, channel):
    html = send(desk, channel).text

    assert 'id="new-case"' in html
    assert 'id="case-phone" value="+1 415-555-0123"' in html


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"number": ""}, 422, "Enter the customer&#x27;s number first."),
        ({"number": "4" * 61}, 422, "This is too long for a phone number."),
        ({"body": " "}, 422, "There is nothing to send yet: write a message first."),
        ({"channel": "x"}, 422, "Choose the number you are texting from."),
        ({"channel": ""}, 422, "Choose the number you are texting from."),
        ({"channel": 10**30}, 409, "You cannot text first from this number. Choose another one."),
        ({"number": "415 5"}, 409, "“415 5” has too few digits for a phone number."),
    ],
)
def test_I2_what_is_refused_is_said_in_the_dialog(desk, channel, fields, status, sentence):
    answer = send(desk, channel, **fields)

    assert answer.status_code == status
    assert answer["HX-Retarget"] == "#new-text-alert"
    assert answer.text.strip() == f'<p class="alert">{sentence}</p>'
    assert Message.objects.count() == 0


def test_I1_a_foreign_channel_is_refused_as_one_that_is_not_there(desk, channel):
    foreign = ChannelFactory()

    answers = [send(desk, channel, channel=pk) for pk in (foreign.pk, foreign.pk + 1000)]

    assert {answer.text for answer in answers} == {answers[0].text}
    assert [answer.status_code for answer in answers] == [409, 409]
    assert Interaction.objects.count() == 0


def test_I2_a_colleagues_conversation_is_not_shown(channel):
    AgentFactory(queues=[channel.queue])
    robin = signed_in(AgentFactory(queues=[channel.queue]))
    jonas = AgentFactory(queues=[channel.queue], name="Jonas Weber")
    active_interaction(jonas, channel=channel, customer_address=CUSTOMER)

    answer = send(robin, channel)

    assert answer.status_code == 409
    assert "Jonas Weber is in a conversation with this number over Claims." in answer.text


@given(number=st.text(max_size=70), body=st.text(max_size=30), channel=st.text(max_size=30))
def test_I2_any_form_is_answered_in_words(number, body, channel):
    own = ChannelFactory()
    desk = signed_in(AgentFactory(queues=[own.queue]))
    fields = {"number": number, "body": body, "client_id": uuid.uuid4()}

    assert desk.post("/desk/new-text/send", {**fields, "channel": channel}).status_code in {
        409,
        422,
    }
    assert desk.post("/desk/new-text/send", {**fields, "channel": own.pk}).status_code in {
        200,
        409,
        422,
    }


def test_I2_strangers_are_sent_to_sign_in(channel, client):
    for path in ("", "/number", "/send"):
        method = client.post if path == "/send" else client.get
        assert method(f"/desk/new-text{path}").status_code == 302


# -- the number, as it is typed ----------------------------------------------------------------


def test_I2_a_number_is_shown_with_its_country_and_who_it_may_be(desk, channel):
    CustomerFactory(name="Dana Whitfield", phones=[CUSTOMER])

    known = hint(desk, channel, "415 555 0123")
    unknown = hint(desk, channel, "+44 20 7946 0958")

    assert "United States · <b>+1 415-555-0123</b>" in known
    assert "1 match: Dana Whitfield" in known
    assert "Britain (UK) · <b>+44 20 7946 0958</b>" in unknown
    assert "no match: a new customer" in unknown


def test_A9_a_part_has_the_price_of_its_country(desk, channel):
    Destination.objects.create(country="GB", price_per_part="0.0400")

    assert 'data-price="0.0400" data-destination="GB"' in hint(desk, channel, "+44 20 7946 0958")
    assert 'data-price="" data-destination="US"' in hint(desk, channel, CUSTOMER)


def test_I2_several_matches_are_counted_and_named(desk, channel):
    for name in ("Ann", "Ben", "Cleo", "Dan"):
        CustomerFactory(name=name, phones=[CUSTOMER])

    assert "4 matches: Ann, Ben, Cleo" in hint(desk, channel, CUSTOMER)


@pytest.mark.parametrize(
    ("number", "html"),
    [
        ("415", "a short code, which a program reads"),
        ("415 5", '<p class="quiet">“415 5” has too few digits for a phone number.</p>'),
        ("415 555 01234", '<p class="error">“415 555 01234” has too many digits'),
        ("Dana", '<p class="error">“Dana” has letters in it; a phone number has digits only.</p>'),
        ("+1 555 867 5310", "Nobody is known to have such a number; check it once more."),
        ("", "Any writing will do"),
        ("\x00", "Any writing will do"),
        ("+1 212 555 0199", "+1 212-555-0199 is one of our own numbers. Enter a customer&#x27;s."),
    ],
)
def test_I2_what_is_typed_is_read_in_words(desk, channel, number, html):
    assert html in hint(desk, channel, number)


def test_I2_what_sending_would_do_is_said_before(desk, agent, channel):
    AgentFactory(queues=[channel.queue], name="Jonas Weber")
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)
    goes_on = "You are in a conversation with this number; the text goes there."
    assert goes_on in hint(desk, channel, CUSTOMER)

    Interaction.objects.filter(pk=talk.pk).update(agent=Agent.objects.get(name="Jonas Weber"))
    assert "Jonas Weber is in a conversation with this number" in hint(desk, channel, CUSTOMER)

    Interaction.objects.filter(pk=talk.pk).update(agent=agent, state=InteractionState.PARKED)
    assert "You parked a conversation with this number" in hint(desk, channel, CUSTOMER)

    Interaction.objects.filter(pk=talk.pk).update(agent=None, state=InteractionState.QUEUED)
    assert "sending takes that conversation" in hint(desk, channel, CUSTOMER)


def test_I2_an_offer_is_told_from_a_colleagues(desk, agent, channel):
    offer = offer_text(channel)
    assert "sending takes that conversation" in hint(desk, channel, CUSTOMER)

    other = AgentFactory(queues=[channel.queue], name="Jonas Weber")
    offer.agent = other
    offer.save()
    assert "is being offered to Jonas Weber right now." in hint(desk, channel, CUSTOMER)


def test_D2_without_a_place_it_is_said_before(channel):
    agent = AgentFactory(queues=[channel.queue], limit=1)
    active_interaction(agent, channel=channel, customer_address="+14155550188")
    desk = signed_in(agent)

    assert "You hold 1 of 1 conversations." in hint(desk, channel, CUSTOMER)
    assert "You hold" not in hint(desk, channel, "+14155550188")


def test_N1_an_opt_out_is_said_before(desk, channel):
    ConsentEntry.objects.create(
        channel=channel,
        address=CUSTOMER,
        source=ConsentSource.KEYWORD,
        opted_out=True,
        at=clock.now(),
    )

    assert "+1 415-555-0123 asked for no more texts from Claims." in hint(desk, channel, CUSTOMER)


def test_A9_a_country_that_may_not_be_texted_is_said_before(desk, channel):
    Destination.objects.create(country="DE", price_per_part=1, allowed=False, reason="No contract")

    said = hint(desk, channel, "+4915112345678")
    assert "Texts to Germany are not allowed: No contract." in said


def test_A22_while_sms_is_off_the_dialog_says_why(desk, channel):
    SmsSwitch.objects.update(sms_on=False, reason="Maintenance")

    page = desk.get("/desk/new-text")

    assert "SMS is switched off for the whole company: Maintenance." in page.text
    assert "new-text-form" not in page.text
    # The button stays: an open desk learns only in the dialog that SMS is on again.
    assert "why-no-text" not in desk.get("/desk/").text


def test_A15_without_an_active_number_the_dialog_says_so(desk, channel):
    Channel.objects.update(state="SUSPENDED")

    assert (
        "No number that you may text first from is active now." in desk.get("/desk/new-text").text
    )


def test_A15_only_active_numbers_are_there_to_text_from(desk, channel):
    other = ChannelFactory(queue=channel.queue, name="New one", state="PROVISIONING")

    assert "New one" not in desk.get("/desk/new-text").text
    Channel.objects.filter(pk=other.pk).update(state="ACTIVE")
    assert "New one" in desk.get("/desk/new-text").text


def test_A17_several_numbers_are_no_group(desk, channel):
    assert "a text goes to one number, not to a group." in hint(
        desk, channel, "+14155550123, +14155550124"
    )


def test_A22_a_new_text_is_refused_at_its_address_too(desk, channel):
    SmsSwitch.objects.update(sms_on=False)

    answer = desk.post(
        "/desk/new-text/send",
        {
            "channel": channel.pk,
            "number": CUSTOMER,
            "body": "hello",
            "client_id": uuid.uuid4(),
        },
    )

    assert answer.status_code == 409
    assert "SMS is switched off for the whole company. Texts still come in." in answer.text
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("customers", [1, 10])
def test_I2_a_number_is_checked_in_nine_queries(desk, channel, customers):
    for _ in range(customers):
        CustomerFactory(phones=[CUSTOMER])

    with CaptureQueriesContext(connection) as queries:
        hint(desk, channel, CUSTOMER)

    # session, agent, the channel, own numbers, consent, the rules of sending, the open
    # conversation, matches, the price
    assert len(queries) == 9, [query["sql"] for query in queries]


@pytest.mark.parametrize("channel_id", ["", "x", "0", 10**30, "\x00"])
def test_I2_only_over_ones_own_channels_is_a_number_checked(desk, channel_id):
    answer = desk.get("/desk/new-text/number", {"channel": channel_id, "number": CUSTOMER})

    assert answer.status_code == 404


def test_I1_a_number_is_not_checked_over_a_foreign_channel(desk):
    foreign = ChannelFactory()
    active_interaction(AgentFactory(), channel=foreign, customer_address=CUSTOMER)

    answer = desk.get("/desk/new-text/number", {"channel": foreign.pk, "number": CUSTOMER})

    assert answer.status_code == 404


@given(st.text(max_size=80))
def test_I2_whatever_is_typed_is_answered(number):
    channel = ChannelFactory()
    desk = signed_in(AgentFactory(queues=[channel.queue]))

    assert hint(desk, channel, number)


# -- the dialog, and the buttons ----------------------------------------------------------------


def test_I2_the_dialog_offers_the_channels_one_may_text_over(desk, agent, channel):
    ChannelFactory(queue=channel.queue, name="No texts first", allow_agent_initiated=False)
    ChannelFactory(name="Of others")

    html = desk.get("/desk/new-text").text

    assert html.count("<option") == 1
    assert "Claims +1 212-555-0199" in html


def test_G12_the_number_is_filled_in_and_its_last_channel_chosen(desk, channel):
    other = ChannelFactory(queue=channel.queue, name="Policies")
    InteractionFactory(channel=other, customer_address=CUSTOMER, state=InteractionState.CLOSED)

    html = desk.get("/desk/new-text", {"number": CUSTOMER}).text

    assert 'value="+1 415-555-0123"' in html
    assert f'<option value="{other.pk}" selected>' in html


@pytest.mark.parametrize("number", ["\x00", "x" * 99, "\u202e", "<b>"])
def test_G12_nonsense_is_not_filled_in_or_harmless(desk, channel, number):
    answer = desk.get("/desk/new-text", {"number": number})

    assert answer.status_code == 200
    assert "<b>" not in answer.text


def test_I1_who_may_not_text_first_reads_why(channel):
    agent = AgentFactory(queues=[channel.queue], may_initiate=False)
    said = "You do not have permission to text first. Ask your supervisor for it."

    dialog = signed_in(agent).get("/desk/new-text").text
    browser = Client()
    browser.force_login(agent.user)
    page = browser.get("/desk/").text

    assert said in dialog
    assert "<form" not in dialog
    button = page[page.index('id="add-button"') :]
    assert 'disabled aria-describedby="why-no-text"' in button[: button.index(">")]
    assert f"{said}</p>" in page[page.index('<p id="why-no-text"') :]


def test_I1_without_a_channel_the_reason_is_said(db):
    agent = AgentFactory()

    assert "None of your queues has a number" in signed_in(agent).get("/desk/new-text").text


def test_G12_every_number_in_the_customer_pane_has_a_text_button(desk, agent, channel):
    CustomerFactory(name="Dana Whitfield", phones=[CUSTOMER, "+14155550124"])
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)

    html = desk.get(f"/desk/conversations/{talk.pk}/pane").text

    for number, shown in ((CUSTOMER, "+1 415-555-0123"), ("+14155550124", "+1 415-555-0124")):
        assert f'data-text-to="{number}"' in html
        assert f'aria-label="Text {shown}"' in html


def test_G12_without_the_permission_the_button_says_why(channel):
    agent = AgentFactory(queues=[channel.queue], may_initiate=False)
    CustomerFactory(phones=[CUSTOMER])
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)

    html = signed_in(agent).get(f"/desk/conversations/{talk.pk}/pane").text

    button = html[html.index("data-text-to") :]
    assert 'disabled title="You do not have permission' in button[: button.index(">")]
