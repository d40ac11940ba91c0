"""N4: internal notes, whom they name, and the case they stay with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Agent
from agents.selectors.agents import agents_called, colleagues_like
from cases.models import Case, CaseLink, ChatLog, Mention, Note
from cases.selectors.notes import mention_for_agent, mentions_of, notes_of_case, with_unseen
from cases.services.cases import save_new_case
from cases.services.notes import NOTE_LIMIT, NoteRefused, add_note, see_mention
from routing.models import Interaction
from routing.services.interactions import end_interaction
from smsdesk.lib import clock
from tests.factories import AgentFactory, MessageFactory, active_interaction
from tests.factories.agents import UserFactory

pytestmark = pytest.mark.django_db
NUMBER = "+14155550123"


def person(username: str, name: str = "Somebody") -> Agent:
    return AgentFactory(user=UserFactory(username=username), name=name)


@pytest.fixture
def robin():
    return person("robin", "Robin Castillo")


@pytest.fixture
def lea():
    return person("lea", "Lea Okafor")


@pytest.fixture
def talk(robin):
    return active_interaction(robin, customer_address=NUMBER)


@pytest.fixture
def case():
    now = clock.now()
    return Case.objects.create(subject="Windscreen", opened_at=now, updated_at=now)


def note(agent, body, **where):
    return add_note(agent_id=agent.pk, body=body, now=clock.now(), **where)


def version(agent) -> int:
    return Agent.objects.get(pk=agent.pk).desk_version


def unseen(agent) -> int:
    return len(with_unseen(Agent.objects.filter(pk=agent.pk)).get().unseen)


def mentioned(added) -> list[str]:
    return sorted(agent.user.username for agent in added.note.mentioned.all())


def test_N4_a_note_is_kept_and_the_thread_and_both_desks_are_told(robin, lea, talk):
    before = version(robin), version(lea)

    added = note(robin, "  Ask @lea about the shop.\x00 ", interaction_id=talk.pk)

    kept = Note.objects.get()
    assert (kept.body, kept.agent, kept.interaction, kept.case) == (
        "Ask @lea about the shop.",
        robin,
        talk,
        None,
    )
    assert mentioned(added) == ["lea"]
    assert added.strangers == []
    assert Interaction.objects.get(pk=talk.pk).revision == talk.revision + 1
    assert (version(robin), version(lea)) == (before[0] + 1, before[1] + 1)


def test_N4_a_note_in_somebody_elses_conversation_is_refused(lea, talk):
    with pytest.raises(NoteRefused, match="This conversation is not yours"):
        note(lea, "mine now", interaction_id=talk.pk)

    assert not Note.objects.exists()
    assert not CaseLink.objects.exists()
    assert Interaction.objects.get(pk=talk.pk).revision == talk.revision


def test_K2_any_agent_may_write_a_note_on_any_case(lea, case):
    note(lea, "I remember this one.", case_id=case.pk)

    assert [one.body for one in notes_of_case(case.pk)] == ["I remember this one."]


@pytest.mark.parametrize("where", [{}, {"case_id": 1}, {"case_id": 2**63 - 1}])
def test_N4_a_note_belongs_somewhere(robin, where):
    with pytest.raises(NoteRefused, match="There is no such case"):
        note(robin, "lost", **where)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Write the note first"),
        (" \n\x00", "Write the note first"),
        ("x" * (NOTE_LIMIT + 1), "The note has 4001 characters; at most 4000 can be kept"),
    ],
)
def test_N4_a_note_that_cannot_be_kept_is_refused_in_words(robin, talk, body, sentence):
    with pytest.raises(NoteRefused, match=sentence):
        note(robin, body, interaction_id=talk.pk)


@pytest.mark.parametrize(
    ("body", "named", "strangers"),
    [
        ("@lea", ["lea"], []),
        ("@lea, @lea and (@LEA)", ["lea"], []),
        ("Thanks @lea.", ["lea"], []),
        ("cc:@lea", ["lea"], []),
        ("@j.roe@example.com please", ["j.roe@example.com"], []),
        ("mail lea@example.com, or a@lea", [], []),
        ("https://a.example/@lea", [], []),
        ("@leah and @le", [], ["leah", "le"]),
        ("@lea-ann", [], ["lea-ann"]),
        ("meet @ five, @@, @.", [], []),
        ("@Max or @max", ["Max", "max"], []),
        ("@MAX", [], ["MAX"]),
        ("@gone is not here", [], ["gone"]),
    ],
)
@pytest.mark.usefixtures("lea")
def test_N4_a_username_behind_an_at_names_one_colleague_or_nobody(
    robin, talk, body, named, strangers
):
    for username in ("max", "Max", "j.roe@example.com"):
        person(username)
    gone = person("gone")
    gone.user.is_active = False
    gone.user.save()

    added = note(robin, body, interaction_id=talk.pk)

    assert (mentioned(added), added.strangers) == (named, strangers)


def test_N4_whoever_names_themselves_is_not_told(robin, talk):
    added = note(robin, "@robin to call back", interaction_id=talk.pk)

    assert (mentioned(added), added.strangers) == ([], [])
    assert unseen(robin) == 0


def test_N4_names_are_looked_up_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        agents_called({f"nobody{number}" for number in range(500)})


def test_N4_colleagues_are_found_by_the_beginning_of_any_of_their_names(robin, lea):
    maya = person("maya", "Maya Lindqvist")

    assert colleagues_like("l", but=robin.pk, most=8) == [lea, maya]
    assert colleagues_like("oka", but=robin.pk, most=8) == [lea]
    assert colleagues_like("MAYA", but=robin.pk, most=8) == [maya]
    assert colleagues_like("", but=robin.pk, most=1) == [lea]
    assert colleagues_like("robin", but=robin.pk, most=8) == []
    assert colleagues_like("%", but=robin.pk, most=8) == []


def test_N4_a_mention_is_unseen_until_it_is_opened(robin, lea, talk):
    added = note(robin, "@lea look", interaction_id=talk.pk)
    mention = Mention.objects.get()
    before = version(lea)

    assert unseen(lea) == 1
    assert mentions_of(lea.pk) == [mention]
    see_mention(mention_id=mention.pk, agent_id=robin.pk, now=clock.now())
    assert unseen(lea) == 1

    for _ in range(2):
        see_mention(mention_id=mention.pk, agent_id=lea.pk, now=added.note.created_at)

    assert unseen(lea) == 0
    assert mentions_of(lea.pk) == []
    assert Mention.objects.get().seen_at == added.note.created_at
    assert version(lea) == before + 1
    assert mention_for_agent(mention_id=mention.pk, agent_id=lea.pk) == mention
    assert mention_for_agent(mention_id=mention.pk, agent_id=robin.pk) is None


def test_N4_the_notes_of_a_conversation_go_to_its_case_when_it_is_saved(robin, talk):
    note(robin, "before", interaction_id=talk.pk)
    case = save_new_case(
        interaction_id=talk.pk,
        agent_id=robin.pk,
        name="Ada",
        email="",
        address="",
        subject="Windscreen",
        description="",
        now=clock.now(),
    )

    after = note(robin, "after", interaction_id=talk.pk)

    assert after.note.case == case
    assert [one.body for one in notes_of_case(case.pk)] == ["before", "after"]


def test_N4_the_end_puts_the_notes_on_the_case_and_none_of_them_into_the_transcript(robin, talk):
    MessageFactory(interaction=talk, body="hello")
    note(robin, "A difficult one.", interaction_id=talk.pk)

    end_interaction(interaction_id=talk.pk, agent_id=robin.pk, now=clock.now())

    log = ChatLog.objects.get()
    assert [one.body for one in notes_of_case(log.case_id)] == ["A difficult one."]
    assert log.transcript == "[0:00] Customer: hello"


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.sampled_from(["", "@robin", "@"]))
def test_N4_any_note_is_kept_as_it_was_typed_or_refused_in_words(text, more):
    agent = AgentFactory()
    body = f"{text}{more}".replace("\x00", "").strip()
    try:
        added = note(agent, f"{text}{more}", interaction_id=active_interaction(agent).pk)
    except NoteRefused:
        assert not body
    else:
        assert Note.objects.get(pk=added.note.pk).body == body
