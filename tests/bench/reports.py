"""What the reports cost over a month of 1,000,000 messages, and what counting costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from routing.models import Event, Message, Queue, Tally, TallyDue
from routing.services.tallies import QUARTER, count_anew, count_due
from tests.bench.report import Section, Target, ms
from tests.bench.rows import add_agents, clear_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.models import Channel
    from tests.bench.rows import Desk

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30
QUEUES, AGENTS = 10, 200
# The page and the CSV by hour, day, or all of the month, and by group; what is held to the aim.
ASKED = [
    *(("changelist", each, "") for each in ("day", "hour", "period")),
    *(("changelist", "period", by) for by in ("queue", "agent", "team", "channel")),
    *(("changelist", each, "agent") for each in ("day", "hour")),
    *(("csv", each, "") for each in ("day", "hour", "period")),
    *(("csv", "period", by) for by in ("queue", "agent", "team", "channel")),
]
TEXTS = 10  # of a conversation, five each way
AIM_SECONDS = 1

ABOUT = (
    "{messages:,} messages of {conversations:,} conversations in thirty days, around the clock, by"
    " {agents} agents in {queues} queues: {events:,} events, counted into {tallies:,} rows. The"
    " page and the CSV are asked for through every middleware in one process, all of the month."
    " *Counting* is `manage.py rebuild_reports` over all of it, and what one new event costs: its"
    " whole quarter of an hour, counted anew."
)

# A conversation begins every so often: text in, queued, offered, accepted, answers, ended, closed.
CONVERSATIONS = """
INSERT INTO routing_interaction (id, channel_id, queue_id, agent_id, customer_address, state,
  priority, initiated_at, queued_at, accepted_at, ended_at, closed_at, ended_by, overflow_after,
  overflow_left, unanswered, revision, draft, agent_initiated, handover_note, campaign_tag, routing,
  wrap_up_extended, disposition, note)
SELECT n, %(channel)s, (%(queues)s::bigint[])[1 + n %% cardinality(%(queues)s::bigint[])],
  (%(agents)s::bigint[])[1 + (n * 7919) %% cardinality(%(agents)s::bigint[])],
  '+1212' || lpad(n::text, 7, '0'), 'CLOSED', 0, t, t, t, t, t, 'AGENT', 0,
  '{}', 0, 0, '', false, '', '', '{}', false, 'Sold', ''
FROM generate_series(1, %(number)s) n,
  LATERAL (SELECT %(first)s::timestamptz + (n * %(every)s) * interval '1 second' AS t) begun
"""
MESSAGES = """
INSERT INTO routing_message (id, interaction_id, channel_id, author, agent_id, body, repaired,
  created_at, state, client_id, carrier_message_id, attempts, error_code, failure, parts, price,
  auto_reply, may_ask_to_stop)
SELECT (i.id - 1) * %(texts)s + m, i.id, i.channel_id,
  CASE WHEN m %% 2 = 1 THEN 'CUSTOMER' ELSE 'AGENT' END,
  CASE WHEN m %% 2 = 0 THEN i.agent_id END, 'The part comes on Thursday, around noon.', false,
  i.initiated_at + m * interval '40 seconds',
  CASE WHEN m %% 2 = 1 THEN 'RECEIVED' ELSE 'DELIVERED' END, gen_random_uuid(), '', 0, '', '', 1,
  CASE WHEN m %% 2 = 0 THEN 0.0083 END, '', false
FROM routing_interaction i, generate_series(1, %(texts)s) m ORDER BY i.id, m
"""
EVENTS = """
INSERT INTO routing_event (interaction_id, kind, state, at, queue_id, agent_id, message_id, detail)
SELECT i.id, e.kind, e.state, i.initiated_at + e.after * interval '1 second', i.queue_id,
  CASE WHEN e.by_agent THEN i.agent_id END, (i.id - 1) * %(texts)s + e.message, e.detail::jsonb
FROM routing_interaction i, (
  VALUES (1, 'RECEIVED', '', 0, false, 1, '{}'), (2, 'QUEUED', 'QUEUED', 0, false, NULL, '{}'),
    (3, 'OFFERED', 'OFFERED', 1, true, NULL, '{}'), (4, 'ACCEPTED', 'ACTIVE', 9, true, NULL, '{}'),
    (97, 'ENDED', 'WRAP_UP', 430, true, NULL, '{"ended_by": "AGENT"}'),
    (98, 'CLOSED', 'CLOSED', 460, true, NULL, '{"disposition": "Sold"}')
  UNION ALL
  SELECT 4 + m, CASE WHEN m %% 2 = 1 THEN 'RECEIVED' ELSE 'ANSWERED' END, '', m * 40, m %% 2 = 0, m,
    '{}'
  FROM generate_series(2, %(texts)s) m
) e (place, kind, state, after, by_agent, message, detail)
ORDER BY i.initiated_at, i.id, e.place
"""


def measure(*, desk: Desk, messages: int, rounds: int) -> Section:
    """Measure the page and the CSV, and what it takes to count."""
    clear_work()
    Tally.objects.all().delete()
    _fill(desk.channel, messages)
    counting = _seconds(count_anew)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    quarter = FIRST + DAYS * timedelta(days=1) / 2
    one = median(_one_quarter(quarter + n * QUARTER) for n in range(rounds))
    section = Section(
        "Reports",
        ABOUT.format(
            messages=Message.objects.count(),
            conversations=messages // TEXTS,
            agents=AGENTS,
            queues=QUEUES,
            events=Event.objects.count(),
            tallies=Tally.objects.count(),
        ),
        ["what", "median ms", "worst ms"],
    )
    browser = Client(headers={"Host": "127.0.0.1"})
    browser.force_login(User.objects.create_superuser("bench-reports"))
    worst = 0.0
    for page, each, by in ASKED:
        times = [_ask(browser, page, each, by) for _ in range(rounds + 1)][1:]
        worst = max(worst, *times)
        section.rows.append([_name(page, each, by), ms(median(times)), ms(max(times))])
    large = ("csv", "hour", "agent")
    section.rows.append([_name(*large), ms(_ask(browser, *large)), ""])
    section.rows.append(["counting one quarter of an hour", ms(one), ""])
    section.rows.append(["counting the month", ms(counting), ""])
    section.targets.append(
        Target(
            f"Reports over {messages:,} messages, the slowest",
            f"at most {AIM_SECONDS} s",
            f"{worst:.2f} s",
            worst <= AIM_SECONDS,
        )
    )
    Tally.objects.all().delete()
    clear_work()
    return section


def _fill(channel: Channel, messages: int) -> None:
    queues = Queue.objects.bulk_create(Queue(name=f"Reports {n}") for n in range(QUEUES))
    agents = add_agents("reports", AGENTS, [])
    number = messages // TEXTS
    values: dict[str, Any] = {
        "channel": channel.pk,
        "queues": [queue.pk for queue in queues],
        "agents": [agent.pk for agent in agents],
        "number": number,
        "first": FIRST,
        # The last one ends within the month.
        "every": (DAYS * 24 * 3600 - 600) / number,
        "texts": TEXTS,
    }
    with connection.cursor() as cursor:
        for statement in (CONVERSATIONS, MESSAGES, EVENTS):
            cursor.execute(statement, values)


def _one_quarter(quarter: datetime) -> float:
    TallyDue.objects.create(quarter=quarter)
    return _seconds(count_due)


def _name(page: str, each: str, by: str) -> str:
    groups = [one for one in (each if each != "period" or not by else "", by) if one]
    return f"{'page' if page == 'changelist' else 'CSV'} by {' and '.join(groups)}"


def _ask(browser: Client, page: str, each: str, by: str) -> float:
    month = {"first": f"{FIRST:%Y-%m-%d}", "last": "2026-03-30", "zone": "America/New_York"}
    began = time.perf_counter()
    answer = browser.get(reverse(f"admin:routing_tally_{page}"), {**month, "each": each, "by": by})
    if answer.status_code != 200:
        raise RuntimeError(f"The report was answered {answer.status_code}.")
    for _ in answer:  # all of it
        pass
    return time.perf_counter() - began


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
