"""F11, I3, N1, N3-N6: the composer's views."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from routing.enums import Author, ConsentSource, MessageState
from routing.models import Channel, ConsentEntry, Interaction, Message, SendingPolicy, SmsSwitch
from routing.services.drafts import digest
from smsdesk.console.composer import next_text_id
from smsdesk.lib import clock
from tests.console.conftest import signed_in
from tests.factories import (
    AgentFactory,
    ArticleFactory,
    CannedReplyFactory,
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    DestinationFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
ANYTHING = st.text(max_size=80) | st.sampled_from(["\x00", "9" * 30, "-1", "1e9", "\ud800", "é"])


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address=CUSTOMER)


@pytest.fixture
def dana():
    return CustomerFactory(name="Dana Whitfield", phones=[CUSTOMER])


def send(desk, talk, body="Yes.", **fields):
    fields = {"client_id": next_text_id(talk.pk), **fields}
    return desk.post(f"/desk/conversations/{talk.pk}/messages", {"body": body, **fields})


def keep(desk, talk, text, client_id=None, drafted=""):
    return desk.post(
        f"/desk/conversations/{talk.pk}/draft",
        {"text": text, "client_id": client_id or next_text_id(talk.pk), "drafted": drafted},
    )


def composer(desk, talk) -> str:
    return desk.get(f"/desk/conversations/{talk.pk}/composer").text


def test_N5_a_held_send_shows_what_is_new_and_says_who_wrote(desk, talk, dana):
    seen = MessageFactory(interaction=talk)
    inbound_text(talk.channel, CUSTOMER, "Wait, another thing")

    held = send(desk, talk, seen=seen.pk)

    assert held.status_code == 409
    assert "Wait, another thing" in held.text
    assert "HX-Retarget" not in held
    assert "Dana wrote while you were typing. Read it, then press Send again." in held["HX-Trigger"]
    assert not Message.objects.filter(author=Author.AGENT).exists()

    again = send(desk, talk, seen=Message.objects.latest("pk").pk)
    assert again.status_code == 200
    assert Message.objects.filter(author=Author.AGENT).count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"author": Author.AUTOMATIC}, "An automatic text went out while you were typing."),
        ({"author": Author.AGENT}, "Maya wrote while you were typing."),
        ({"author": Author.CUSTOMER}, "+1 415-555-0123 wrote while you were typing."),
    ],
)
def test_N5_the_sentence_names_whoever_wrote(desk, talk, fields, sentence):
    if fields["author"] == Author.AGENT:
        fields = {**fields, "agent": AgentFactory(name="Maya")}
    MessageFactory(interaction=talk, state=MessageState.SENT, **fields)

    assert sentence in send(desk, talk, seen=0)["HX-Trigger"]


def test_N5_another_text_of_ones_own_under_the_same_id_is_said_and_nothing_is_dropped(desk, talk):
    click = next_text_id(talk.pk)
    send(desk, talk, "From the phone", client_id=click)

    held = send(desk, talk, "From the desk", client_id=click)

    assert held.status_code == 409
    assert "You sent another text from another window." in held["HX-Trigger"]


def test_N5_all_desks_of_an_agent_would_send_the_next_text_under_one_id(desk, talk):
    first = next_text_id(talk.pk)
    assert f'name="client_id" value="{first}"' in composer(desk, talk)
    assert f'data-next="{first}"' in desk.get(f"/desk/conversations/{talk.pk}/thread").text

    thread = send(desk, talk, client_id=first).text

    assert next_text_id(talk.pk) != first
    assert f'data-next="{next_text_id(talk.pk)}"' in thread
    assert next_text_id(InteractionFactory().pk) != first


def test_N5_the_thread_says_which_message_is_its_last(desk, talk):
    thread = f"/desk/conversations/{talk.pk}/thread"
    assert 'data-last="0"' in desk.get(thread).text
    last = MessageFactory(interaction=talk)

    assert f'data-last="{last.pk}"' in desk.get(thread).text


def test_N6_a_draft_is_kept_shown_and_told_to_other_devices(agent, desk, talk):
    text = "Half\r\na <b>sentence"

    answer = keep(desk, talk, text).json()

    typed = "Half\na <b>sentence"
    assert answer == {"kept": True, "text": typed, "drafted": digest(typed)}
    html = composer(desk, talk)
    assert "Half\na &lt;b&gt;sentence</textarea>" in html
    assert f'data-drafted="{answer["drafted"]}"' in html
    other = signed_in(agent)
    assert other.get(f"/desk/conversations/{talk.pk}/draft").json() == {
        "text": typed,
        "drafted": answer["drafted"],
        "next": str(next_text_id(talk.pk)),
        "sent": [],
    }
    assert f'data-drafted="{answer["drafted"]}"' in other.get("/desk/frame").json()["html"]


def test_N6_a_draft_typed_over_an_older_one_is_answered_with_both(desk, talk):
    keep(desk, talk, "On the phone")

    answer = keep(desk, talk, "At the desk").json()

    assert answer["text"] == "On the phone\nAt the desk"
    assert answer["drafted"] == digest(answer["text"])


def test_N5_another_window_is_told_what_was_sent_since_the_id_it_knows(desk, talk):
    known = next_text_id(talk.pk)
    for body in ("First", "Second"):
        send(desk, talk, body)
    draft = f"/desk/conversations/{talk.pk}/draft"

    assert desk.get(draft, {"client_id": known}).json()["sent"] == ["First", "Second"]
    now = next_text_id(talk.pk)
    assert desk.get(draft, {"client_id": now}).json() == {
        "text": "",
        "drafted": "",
        "next": str(now),
        "sent": [],
    }


def test_N6_a_late_draft_is_answered_that_it_is_too_late(desk, talk):
    click = next_text_id(talk.pk)
    keep(desk, talk, "Yes.")
    send(desk, talk, client_id=click)

    assert keep(desk, talk, "Yes", click).json()["kept"] is False
    assert "</textarea>" in composer(desk, talk)
    assert digest("") == ""
    assert 'data-drafted=""' in composer(desk, talk)


def test_N6_a_draft_far_too_long_is_refused_with_a_sentence(desk, talk):
    answer = keep(desk, talk, "x" * 6001)

    assert answer.status_code == 422
    assert "far too long for a text" in answer.text


def test_N3_the_composer_knows_the_price_of_a_part_and_the_country(desk, talk):
    DestinationFactory(country="US", price_per_part="0.0083")

    html = composer(desk, talk)

    assert 'data-price="0.0083"' in html
    assert 'data-destination="US"' in html


def test_N3_without_a_price_the_composer_says_nothing_of_one(desk, talk):
    assert 'data-price=""' in composer(desk, talk)


def test_N1_the_composer_is_locked_with_the_reason_and_the_way_back(desk, talk, dana):
    inbound_text(talk.channel, CUSTOMER, "Stop")

    html = " ".join(composer(desk, talk).split())

    lock = re.search(r'data-locked="(\w+)"', html)[1]
    assert "Dana Whitfield opted out by texting “Stop” on" in html
    assert "Dana Whitfield texts START to +1 415-555-" in html
    assert html.count("disabled") >= 4
    assert f'data-locked="{lock}"' in desk.get("/desk/frame").json()["html"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (ConsentSource.CARRIER, "the carrier says that +1 415-555-0123 opted out"),
        (ConsentSource.AGENT, "+1 415-555-0123 asked for it, as Maya noted"),
        (ConsentSource.IMPORT, "an imported list says that +1 415-555-0123 opted out"),
    ],
)
def test_N1_the_lock_says_how_we_know(desk, talk, source, words):
    ConsentEntryFactory(channel=talk.channel, source=source, agent=AgentFactory(name="Maya"))

    assert words in " ".join(composer(desk, talk).split())


def test_N1_a_send_and_a_retry_to_a_customer_who_opted_out_are_refused(desk, talk):
    failed = MessageFactory(interaction=talk, author=Author.AGENT, state=MessageState.FAILED)
    ConsentEntryFactory(channel=talk.channel)

    answers = [
        send(desk, talk),
        desk.post(f"/desk/messages/{failed.pk}/retry", {"client_id": uuid.uuid4()}),
    ]

    for answer in answers:
        assert answer.status_code == 409
        assert "The customer asked for no more texts, so this was not sent." in answer.text
        assert answer["HX-Retarget"] == "#composer-alert"
    assert list(Message.objects.all()) == [failed]


def test_N1_an_agent_notes_that_the_customer_asked_for_no_more_texts(desk, talk, agent):
    answer = desk.post(f"/desk/conversations/{talk.pk}/opt-out")

    assert 'class="composer locked"' in answer.text
    line = ConsentEntry.objects.get()
    assert (line.address, line.opted_out, line.source, line.agent) == (
        CUSTOMER,
        True,
        ConsentSource.AGENT,
        agent,
    )


def test_N1_what_the_customer_said_is_evidence_and_stands_in_the_lock(desk, talk):
    answer = desk.post(
        f"/desk/conversations/{talk.pk}/opt-out", {"opt_out_note": "On the phone: <b>never</b>"}
    )

    assert ConsentEntry.objects.get().note == "On the phone: <b>never</b>"
    assert "(“On the phone: &lt;b&gt;never&lt;/b&gt;”)" in answer.text


def test_N1_a_note_that_is_too_long_is_refused_and_nothing_is_noted(desk, talk):
    answer = desk.post(f"/desk/conversations/{talk.pk}/opt-out", {"opt_out_note": "x" * 201})

    assert "This is too long: 200 characters fit" in answer.text
    assert not ConsentEntry.objects.exists()


def test_N1_a_closed_conversation_notes_nothing(desk, talk):
    Interaction.objects.update(state="CLOSED", closed_at=clock.now())

    answer = desk.post(f"/desk/conversations/{talk.pk}/opt-out")

    assert answer.status_code == 409
    assert "nothing was noted" in answer.text


def test_N4_the_replies_of_the_queue_come_filled_in(desk, talk, dana):
    CannedReplyFactory(shortcut="hi", title="Greeting", body="Hello {first_name}, {agent} here.")
    CannedReplyFactory(shortcut="case", body="About {case} at {queue}: <b>", queues=[talk.queue])
    CannedReplyFactory(shortcut="elsewhere", queues=[ChannelFactory().queue])

    html = desk.get(f"/desk/conversations/{talk.pk}/replies").text

    assert "Hello Dana, Robin Castillo here." in html
    assert f"About your case at {talk.queue.name}: &lt;b&gt;" in html
    assert 'data-shortcut="hi"' in html
    assert "elsewhere" not in html


def test_N4_without_replies_the_list_says_who_makes_them(desk, talk):
    html = desk.get(f"/desk/conversations/{talk.pk}/replies").text

    assert "no canned replies for this queue yet" in html
    assert 'role="option"' not in html


def test_N4_a_new_text_has_the_replies_of_its_channels_queue(desk, channel, dana):
    CannedReplyFactory(body="Hello {first_name}, {channel} writes.", queues=[channel.queue])
    address = "/desk/replies"

    known = desk.get(address, {"channel": channel.pk, "number": "(415) 555-0123"}).text
    unknown = desk.get(address, {"channel": channel.pk, "number": "41"}).text

    assert f"Hello Dana, {channel.name} writes." in known
    assert "Hello there," in unknown
    for foreign in (ChannelFactory().pk, 0, "x", 10**30, ""):
        assert desk.get(address, {"channel": foreign}).status_code == 404


def test_I3_articles_are_found_read_and_linked_to(desk, settings):
    settings.PUBLIC_URL = "https://desk.example"
    ArticleFactory(title="How to file", slug="how-to-file", body="Text <us>.\n\nAny time.")

    found = desk.get("/desk/articles", {"words": "fil"}).text
    read = desk.get("/desk/articles/how-to-file").text

    assert 'data-url="/desk/articles/how-to-file"' in found
    assert "<mark>file</mark>" in found
    assert "Text &lt;us&gt;.\n\nAny time." in read
    assert 'data-link="https://desk.example/a/how-to-file"' in read


def test_I3_what_is_not_found_is_said_with_what_to_do(desk):
    assert "The knowledge base is empty. A supervisor" in desk.get("/desk/articles").text
    assert "Nothing found for “&lt;zebra”. Try fewer words" in (
        desk.get("/desk/articles", {"words": "<zebra"}).text
    )
    assert desk.get("/desk/articles/zebra").status_code == 404


def test_S3_another_agents_composer_is_not_found_and_nothing_changes(desk):
    foreign = active_interaction(AgentFactory(), draft="mine")
    address = f"/desk/conversations/{foreign.pk}"

    answers = [
        desk.get(f"{address}/composer"),
        desk.get(f"{address}/draft"),
        desk.post(f"{address}/draft", {"text": "x", "client_id": uuid.uuid4()}),
        desk.post(f"{address}/opt-out"),
        desk.get(f"{address}/replies"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    foreign.refresh_from_db()
    assert foreign.draft == "mine"
    assert not ConsentEntry.objects.exists()


@pytest.mark.parametrize("path", ["articles", "articles/x", "replies", "conversations/1/draft"])
def test_S3_a_stranger_reads_nothing(client, path):
    assert client.get(f"/desk/{path}")["Location"].startswith("/sign-in/")


@given(body=ANYTHING, client_id=ANYTHING | st.uuids().map(str), seen=ANYTHING)
@hypothesis_settings(max_examples=40)
def test_no_send_and_no_draft_of_nonsense_is_an_error_of_ours(desk, talk, body, client_id, seen):
    fields = {"body": body, "text": body, "client_id": client_id, "seen": seen}
    readable = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}

    for page in ("messages", "draft"):
        answer = desk.post(f"/desk/conversations/{talk.pk}/{page}", readable)
        assert answer.status_code in {200, 409, 422}
        if answer.status_code == 422:
            assert answer.text.strip().endswith(".</p>")


@given(ANYTHING, ANYTHING)
@hypothesis_settings(max_examples=40)
def test_no_search_of_nonsense_is_an_error_of_ours(desk, words, channel):
    words = words.encode("utf-8", "replace").decode()
    channel = channel.encode("utf-8", "replace").decode()

    assert desk.get("/desk/articles", {"words": words}).status_code == 200
    assert desk.get("/desk/replies", {"channel": channel, "number": words}).status_code == 404


def test_A22_the_composer_is_locked_with_the_reason_and_opens_again(desk, talk):
    SmsSwitch.objects.update(sms_on=False, reason="Maintenance")
    inbound_text(talk.channel, CUSTOMER, "still there?")

    locked = " ".join(composer(desk, talk).split())
    page = desk.get(f"/desk/conversations/{talk.pk}/")

    assert "SMS is switched off for the whole company: Maintenance. Texts still come in." in locked
    assert 'id="send" disabled aria-describedby="composer-lock"' in locked
    assert "still there?" in page.text
    lock = re.search(r'data-locked="(\w+)"', locked)[1]
    assert f'data-locked="{lock}"' in desk.get("/desk/frame").json()["html"]
    SmsSwitch.objects.update(sms_on=True)
    assert 'data-locked=""' in composer(desk, talk)
    assert 'data-locked=""' in desk.get("/desk/frame").json()["html"]


@pytest.mark.parametrize(
    ("shut", "words"),
    [
        (lambda: SendingPolicy.objects.update(sms_on=False), "by the sending policy “Everybody”"),
        (lambda: Channel.objects.update(state="SUSPENDED"), "is suspended, so nothing can be sent"),
        (
            lambda: DestinationFactory(country="US", allowed=False, reason="Too dear"),
            "Texts to United States are not allowed: Too dear.",
        ),
        (
            lambda: SendingPolicy.objects.update(reach="LISTED", countries=["CA"]),
            "allows texts to Canada only, not to United States.",
        ),
    ],
    ids=["A21", "A15", "A9", "A10"],
)
def test_A9_A10_A15_A21_the_composer_says_beforehand_what_send_would_refuse(
    desk, talk, shut, words
):
    shut()

    assert words in " ".join(composer(desk, talk).split())
    answer = send(desk, talk)
    assert answer.status_code == 409
    assert words in answer.text
    assert not Message.objects.filter(author=Author.AUTOMATIC).exists()


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("PLAIN", "Plain text only: no links, no emoji."),
        ("LINKS", "No emoji; links are fine."),
        ("ANY", ""),
    ],
)
def test_A25_the_composer_says_which_words_are_sent(desk, talk, policy, words):
    Channel.objects.update(media_policy=policy)

    html = composer(desk, talk)
    assert ('id="words-only"' in html) is bool(words)
    assert words in html
    # An open composer is drawn anew where its tile says another than it does.
    lets_out = re.search(r'data-locked="(\w*)"', html)[1]
    assert bool(lets_out) is bool(words)
    assert f'data-locked="{lets_out}"' in desk.get("/desk/frame").json()["html"]


def test_A22_a_send_and_a_retry_are_refused_at_their_addresses(desk, talk):
    failed = MessageFactory(
        interaction=talk, author=Author.AGENT, agent=talk.agent, state=MessageState.FAILED
    )
    SmsSwitch.objects.update(sms_on=False)

    answers = [
        send(desk, talk),
        desk.post(f"/desk/messages/{failed.pk}/retry", {"client_id": uuid.uuid4()}),
    ]

    for answer in answers:
        assert answer.status_code == 409
        assert "SMS is switched off for the whole company." in answer.text
    assert list(Message.objects.all()) == [failed]
