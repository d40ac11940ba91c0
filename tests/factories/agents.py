"""Agents: Available, present and with room, unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from agents.enums import AVAILABLE, StatusReason
from agents.models import Agent, StatusCode, StatusPeriod, Team

LONG_AGO = datetime(2026, 1, 1, 9, tzinfo=UTC)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"agent{n}")
    password = factory.django.Password("secret")


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class AgentFactory(DjangoModelFactory):
    """``status`` is a code's name; ``queues`` and ``skills`` ({skill: level}) are joined."""

    class Meta:
        model = Agent
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Agent {n}")
    status = AVAILABLE
    status_reason = StatusReason.CHOSEN
    status_since = LONG_AGO
    idle_since = LONG_AGO
    present = True
    presence_due_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=1))

    @classmethod
    def _adjust_kwargs(cls, **kwargs):
        kwargs["status"] = StatusCode.objects.get(name=kwargs["status"])
        return kwargs

    @factory.post_generation
    def queues(self, create, extracted, **kwargs):
        for queue in extracted or []:
            queue.members.add(self)

    @factory.post_generation
    def skills(self, create, extracted, **kwargs):
        for skill, level in (extracted or {}).items():
            self.skills.create(skill=skill, level=level)

    @factory.post_generation
    def period(self, create, extracted, **kwargs):
        StatusPeriod.objects.create(
            agent=self, status=self.status, reason=self.status_reason, started_at=self.status_since
        )
