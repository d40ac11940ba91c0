"""What a desk needs before its first text is answered, and what of it is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from agents.models import Agent, Team
from cases.models import Disposition
from routing.enums import ChannelState
from routing.models import (
    AgentSkill,
    CarrierAccount,
    Channel,
    Interaction,
    Queue,
    QueueMember,
    Schedule,
    SmsSwitch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

MOST_NAMED = 3


@dataclass(frozen=True)
class Step:
    """One line of the checklist. An ``optional`` one may stay as it is."""

    title: str
    done: bool
    state: str
    why: str
    page: str
    link: str
    optional: bool = False
    filled_in: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return reverse(self.page, query=self.filled_in)


def setup_steps() -> list[Step]:
    """The checklist of this desk, read in one query."""
    return steps_of(read_setup())


def read_setup() -> Mapping[str, Any]:
    """What there is, and by name what lacks something."""
    serves = QueueMember.objects.filter(
        queue=OuterRef("pk"), agent__user__is_active=True, agent__sms_capable=True
    )
    skilled = AgentSkill.objects.filter(
        skill=OuterRef("skill"),
        level__gte=OuterRef("minimum_level"),
        agent__memberships__queue=OuterRef("pk"),
    )
    offered = Disposition.objects.filter(
        Q(queues=OuterRef("pk")) | Q(queues__isnull=True), active=True
    )
    agents = Agent.objects.filter(user__is_active=True)
    texts = Interaction.objects.filter(agent_initiated=False)
    return (
        SmsSwitch.objects.annotate(
            accounts=Exists(CarrierAccount.objects.all()),
            queues=Exists(Queue.objects.all()),
            empty=_names(Queue.objects.filter(~Exists(serves))),
            schedules=Exists(Schedule.objects.all()),
            unscheduled=_names(Channel.objects.filter(schedule=None)),
            active=_names(Channel.objects.filter(state=ChannelState.ACTIVE)),
            inactive=_names(Channel.objects.exclude(state=ChannelState.ACTIVE)),
            asks_skill=Exists(Queue.objects.filter(skill__isnull=False)),
            unskilled=_names(Queue.objects.filter(~Exists(skilled), skill__isnull=False)),
            teams=Exists(Team.objects.all()),
            signed_in=_names(agents.filter(user__last_login__isnull=False)),
            not_yet=_names(agents.filter(user__last_login__isnull=True)),
            asks_disposition=Exists(Queue.objects.filter(disposition_required=True)),
            unoffered=_names(Queue.objects.filter(~Exists(offered), disposition_required=True)),
            texted=Exists(texts),
            accepted=Exists(texts.filter(accepted_at__isnull=False)),
        )
        .values()
        .get()
    )


def _names(rows: QuerySet[Any]) -> ArraySubquery:
    """As many names as are said, and one more, which stands for the rest."""
    return ArraySubquery(rows.order_by("name").values("name")[: MOST_NAMED + 1])


def steps_of(has: Mapping[str, Any]) -> list[Step]:
    """The checklist, in the order in which each step needs only those before it."""
    return [
        Step(
            "Account",
            has["accounts"],
            "There is one." if has["accounts"] else "There is none yet.",
            _about_accounts(has),
            _page("routing_carrieraccount", add=not has["accounts"]),
            "Carrier accounts" if has["accounts"] else "Add an account",
            filled_in=_simulated_carrier(has),
        ),
        Step(
            "SMS switched on",
            has["sms_on"],
            "It is on." if has["sms_on"] else "It is off for the whole company.",
            "While it is off, texts come in but none goes out.",
            "admin:routing_smsswitch_changelist",
            "Company-wide SMS switch",
        ),
        Step(
            "Queue",
            has["queues"],
            "There is one." if has["queues"] else "There is none yet.",
            "Texts wait in a queue until an agent takes them.",
            _page("routing_queue", add=not has["queues"]),
            "Queues" if has["queues"] else "Add a queue",
        ),
        Step(
            "Schedule",
            has["schedules"] and not has["unscheduled"],
            _schedules(has),
            "Outside opening hours texts are held, and may be answered automatically.",
            "admin:routing_channel_changelist"
            if has["schedules"]
            else "admin:routing_schedule_add",
            "Channels" if has["schedules"] else "Add a schedule",
            optional=True,
        ),
        _channels(has),
        Step(
            "Team",
            has["teams"],
            "There is one." if has["teams"] else "There is none: each agent’s own limit holds.",
            "A team gives its agents one limit and one sending policy.",
            _page("agents_team", add=not has["teams"]),
            "Teams" if has["teams"] else "Add a team",
            optional=True,
        ),
        _agents(has),
        Step(
            "Queue members",
            has["queues"] and not has["empty"],
            _lacking(has["empty"], "Nobody serves {}.")
            or ("Every queue has some." if has["queues"] else "There is no queue yet."),
            "A text is offered only to members of its queue who may use SMS.",
            _page("routing_queue", add=not has["queues"]),
            "Queues" if has["queues"] else "Add a queue",
        ),
        Step(
            "Skills",
            not has["unskilled"],
            _lacking(has["unskilled"], "No member has the skill that is asked by {}.")
            or ("Somebody has each." if has["asks_skill"] else "No queue asks for one."),
            "Where a queue asks for a skill, members without it are passed over.",
            "admin:routing_skill_changelist",
            "Skills",
        ),
        Step(
            "Dispositions",
            not has["unoffered"],
            _lacking(has["unoffered"], "None can be chosen for {}.")
            or ("There is one for each." if has["asks_disposition"] else "No queue requires one."),
            "Where a queue requires one, agents must be able to choose.",
            _page("cases_disposition", add=bool(has["unoffered"])),
            "Add a disposition" if has["unoffered"] else "Dispositions",
        ),
        Step(
            "Test text",
            has["accepted"],
            _text(has),
            "Text one of your numbers from a phone, and let an agent accept it: then all of it"
            " works.",
            *_where_to_text(has),
        ),
    ]


def _about_accounts(has: Mapping[str, Any]) -> str:
    words = "The carrier’s account sends and receives the texts. An administrator adds it."
    if settings.HANDSET and not has["accounts"]:
        words += (
            " This desk has a simulated carrier to try things with, and the form is filled in for"
            " it: any account SID and auth token will do."
        )
    return words


def _simulated_carrier(has: Mapping[str, Any]) -> dict[str, str]:
    if has["accounts"] or not settings.HANDSET:
        return {}
    return {"base_url": f"{settings.PUBLIC_URL}{reverse('handset')}carrier"}


def _where_to_text(has: Mapping[str, Any]) -> tuple[str, str]:
    if settings.HANDSET and not has["accepted"]:
        return "handset", "Handset, a simulated phone"
    return "admin:routing_interaction_changelist", "Conversations"


def _channels(has: Mapping[str, Any]) -> Step:
    made = [*has["active"], *has["inactive"]]
    missing = _lacking(has["inactive"], "Not active yet: {}.") if made else "There is none yet."
    return Step(
        "Channel",
        bool(has["active"]),
        f"Active: {listed(has['active'])}. {missing}".strip() if has["active"] else missing,
        "A channel is a number that customers text. Nothing is sent before it is active.",
        _page("routing_channel", add=not made),
        "Channels" if made else "Add a channel",
    )


def _agents(has: Mapping[str, Any]) -> Step:
    made = [*has["signed_in"], *has["not_yet"]]
    missing = _lacking(has["not_yet"], "Not signed in yet: {}.") if made else "There is none yet."
    came = f"Signed in: {listed(has['signed_in'])}." if has["signed_in"] else ""
    return Step(
        "Agent signed in",
        bool(has["signed_in"]),
        f"{came} {missing}".strip(),
        "Add people with their e-mail address: each gets a link, and chooses a password there.",
        _page("agents_agent", add=not made),
        "Agents" if made else "Add an agent",
    )


def _schedules(has: Mapping[str, Any]) -> str:
    if not has["schedules"]:
        return "There is none: every channel is always open."
    return _lacking(has["unscheduled"], "Always open: {}.") or "Every channel has one."


def _text(has: Mapping[str, Any]) -> str:
    if has["accepted"]:
        return "A text was accepted by an agent."
    return "A text came in; nobody has accepted it yet." if has["texted"] else "None came in yet."


def _page(model: str, *, add: bool) -> str:
    return f"admin:{model}_{'add' if add else 'changelist'}"


def _lacking(names: Sequence[str], words: str) -> str:
    return words.format(listed(names)) if names else ""


def listed(names: Sequence[str]) -> str:
    """``Claims, Policy help and others``."""
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and others" if len(names) > MOST_NAMED else shown
