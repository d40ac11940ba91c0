"""B5 D2 D4: several agents, teams and queues are changed at once."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from agents.models import Agent, AuditEntry, Team
from routing.models import Queue
from tests.admin.conftest import version
from tests.factories import AgentFactory, QueueFactory, TeamFactory

pytestmark = pytest.mark.django_db


def test_D4_a_teams_list_says_how_many_are_in_it(supervisor):
    team = TeamFactory()
    AgentFactory.create_batch(2, team=team)

    page = supervisor.get(reverse("admin:agents_team_changelist"))

    assert page.context["cl"].queryset.get().members_count == 2


def ask(client, rows, **fields):
    """Choose these rows in their list, and fill in the page that asks what is to be different."""
    meta = rows[0]._meta
    form = {"action": "change_many", "_selected_action": [row.pk for row in rows]}
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    asked = client.post(address, form)
    assert f"Change the selected {meta.verbose_name_plural}" in asked.text
    return client.post(address, form | {"apply": "1"} | fields, follow=True)


class TestManyAgents:
    def test_D4_those_to_be_changed_are_listed_as_one_writes_it(self, supervisor):
        agents = [AgentFactory(name="Kim"), AgentFactory(name="Robin")]
        form = {"action": "change_many", "_selected_action": [one.pk for one in agents]}

        page = supervisor.post(reverse("admin:agents_agent_changelist"), form).text

        assert "Kim, Robin" in " ".join(strip_tags(page).split())

    def test_D4_several_agents_are_changed_at_once_and_their_desks_follow(self, supervisor):
        agents = [AgentFactory(limit=3), AgentFactory()]
        seen = [version(agent) for agent in agents]
        team = TeamFactory()

        page = ask(supervisor, agents, team=team.pk, team_limit="on", may_reject="no")

        assert "2 agents were changed." in page.text
        found = Agent.objects.filter(pk__in=[one.pk for one in agents]).order_by("pk")
        assert [(one.team, one.limit, one.may_reject) for one in found] == [(team, None, False)] * 2
        assert {one.may_transfer for one in found} == {True}
        assert all(new > old for new, old in zip(map(version, agents), seen, strict=True))

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Everything is left as it is."),
            ({"limit": "13"}, "less than or equal to 12"),
            ({"limit": "3", "team_limit": "on"}, "one of both"),
        ],
    )
    def test_D4_what_cannot_be_is_said_and_nothing_is_changed(self, supervisor, fields, sentence):
        agent = AgentFactory(name="Robin")
        before = version(agent)

        page = ask(supervisor, [agent], **fields)

        assert sentence in page.text
        assert "Robin" in page.text
        assert version(agent) == before


class TestManyTeams:
    def test_D4_several_teams_get_one_limit_and_their_agents_desks_follow(self, supervisor):
        teams = TeamFactory.create_batch(2, limit=4)
        agents = [AgentFactory(team=team) for team in teams]
        seen = [version(agent) for agent in agents]

        page = ask(supervisor, teams, limit="9")

        assert "2 teams were changed." in page.text
        limits = Agent.objects.with_limit().filter(pk__in=[one.pk for one in agents])
        assert {one.capacity for one in limits} == {9}
        assert all(new > old for new, old in zip(map(version, agents), seen, strict=True))
        ask(supervisor, teams, default_limit="on")
        assert {team.limit for team in Team.objects.all()} == {None}

    def test_D4_agents_join_and_leave_a_team_and_their_desks_follow(self, supervisor):
        bears, wolves = TeamFactory(name="Bears"), TeamFactory(name="Wolves")
        comes, goes = AgentFactory(team=wolves), AgentFactory(team=bears)
        elsewhere = AgentFactory(team=wolves)
        seen = [version(agent) for agent in (comes, goes)]

        ask(supervisor, [bears], come=[comes.pk], go=[goes.pk, elsewhere.pk])

        found = Agent.objects.in_bulk()
        assert [found[one.pk].team for one in (comes, goes, elsewhere)] == [bears, None, wolves]
        assert all(new > old for new, old in zip(map(version, (comes, goes)), seen, strict=True))

    def test_D4_nobody_joins_two_teams(self, supervisor):
        teams, agent = TeamFactory.create_batch(2), AgentFactory()

        page = ask(supervisor, teams, come=[agent.pk])

        assert "An agent is in one team: choose a single team to join." in page.text
        assert Agent.objects.get().team is None


class TestManyQueues:
    def test_D2_several_queues_get_the_same_timers_and_open_desks_follow(self, supervisor):
        queues = [
            QueueFactory(first_response_seconds=60, disposition_required=True, wrap_up_seconds=5),
            QueueFactory(),
        ]
        desk = AgentFactory()
        seen = version(desk)
        fields = {"acceptance_seconds": "45", "wrap_up_extension_seconds": "0"}

        page = ask(
            supervisor,
            queues,
            **fields,
            first_response_seconds="0",
            disposition_required="no",
            screen_pop="CASE",
        )

        assert "2 queues were changed." in page.text
        assert [
            (one.acceptance_seconds, one.first_response_seconds, one.disposition_required)
            for one in Queue.objects.all()
        ] == [(45, None, False)] * 2
        assert {one.screen_pop for one in Queue.objects.all()} == {"CASE"}
        assert Queue.objects.get(pk=queues[0].pk).wrap_up_seconds == 5  # left as it was
        assert version(desk) > seen
        assert AuditEntry.objects.filter(subject_type="routing.queue", act="changed").count() == 2

    def test_B5_agents_join_and_leave_several_queues_and_what_waits_is_offered(
        self, supervisor, django_capture_on_commit_callbacks
    ):
        queues = QueueFactory.create_batch(2)
        comes, goes = AgentFactory(), AgentFactory(queues=queues)
        other = AgentFactory(queues=queues[:1])

        with django_capture_on_commit_callbacks() as rung:
            ask(supervisor, queues, come=[comes.pk, other.pk], go=[goes.pk])

        assert [set(queue.members.all()) for queue in queues] == [{comes, other}] * 2
        assert any("MemberJoined" in repr(each) for each in rung)
        assert AuditEntry.objects.filter(subject_type="routing.queuemember").exists()

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Everything is left as it is."),
            ({"acceptance_seconds": "0"}, "greater than or equal to 1"),
            ({"sticky_minutes": "99999999"}, "less than or equal to 43200"),
            ({"wrap_up_seconds": "soon"}, "Enter a whole number."),
            ({"wrap_up_seconds": "9" * 30}, "less than or equal to"),
            ({"come": ["1"], "go": ["1"]}, "Robin cannot join and leave: choose one of both."),
            ({"come": ["987654"]}, "Select a valid choice."),
        ],
    )
    def test_D2_what_cannot_be_is_said_and_nothing_is_changed(self, supervisor, fields, sentence):
        queue = QueueFactory(name="Claims")
        robin = AgentFactory(name="Robin")
        given = {name: [robin.pk] if value == ["1"] else value for name, value in fields.items()}

        page = ask(supervisor, [queue], **given)

        assert sentence in page.text
        assert "<b>Claims</b>" in page.text
        assert Queue.objects.get().acceptance_seconds == 20
        assert not queue.members.exists()
