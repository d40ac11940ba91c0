"""What the desk's page costs: server time, queries and bytes, beside its SQL and template alone."""

from __future__ import annotations

import gzip
import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)
from django.urls import reverse

from agents.models import Agent
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction, Message
from smsdesk.lib import clock
from tests.bench.report import Section, Target, ms
from tests.bench.rows import clear_work, new_number

if TYPE_CHECKING:
    from tests.bench.rows import Desk

MESSAGES = 200
AIM_CONVERSATIONS = 6
MOST_QUERIES = 10
MOST_TIMES = 2
MOST_KILOBYTES = 150

ABOUT = (
    "The whole page of an agent with so many conversations of {messages} messages, one of them"
    " open: asked for through every middleware in one process, in turns with its floor: the"
    " same SQL statements sent again, and the same template drawn from what is read already."
)


def measure(*, desk: Desk, conversations: list[int], rounds: int) -> Section:
    """Measure the page for each number of conversations."""
    section = Section(
        "The desk's page",
        ABOUT.format(messages=MESSAGES),
        ["conversations", "queries", "ms", "SQL and template ms", "×", "kB", "kB gzipped"],
    )
    agent = desk.agents[0]
    browser = Client(headers={"Host": "127.0.0.1"})
    browser.force_login(agent.user)
    queries: dict[int, int] = {}
    for number in conversations:
        clear_work()
        path = _converse(desk, agent, number)
        page = Page(browser, path)
        pages, floors = [], []
        for _ in range(rounds + 1):
            pages.append(_seconds(page.ask))
            floors.append(_seconds(page.floor))
        # The first round only warms up.
        ours, bare = median(pages[1:]), median(floors[1:])
        ratio = median(one / other for one, other in zip(pages[1:], floors[1:], strict=True))
        body = page.ask().content
        packed = len(gzip.compress(body, 6)) / 1000
        queries[number] = len(page.statements)
        section.rows.append(
            [
                str(number),
                str(len(page.statements)),
                ms(ours),
                ms(bare),
                f"{ratio:.1f}",
                f"{len(body) / 1000:.0f}",
                f"{packed:.1f}",
            ]
        )
        if number == AIM_CONVERSATIONS:
            section.targets += _targets(len(page.statements), ratio, packed)
    clear_work()
    counts = sorted(set(queries.values()))
    section.targets.append(
        Target(
            "Desk page, queries whatever the number of conversations",
            "the same",
            " to ".join(str(each) for each in (counts[0], counts[-1])),
            len(counts) == 1,
        )
    )
    return section


class Page:
    """One agent's page, and what it is made of."""

    def __init__(self, browser: Client, path: str) -> None:
        self._browser = browser
        self._path = path
        setup_test_environment()  # so that the answer says what it was drawn from
        with CaptureQueriesContext(connection) as captured:
            answer = self.ask()
        teardown_test_environment()
        self.statements = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
        self._context = answer.context[0].flatten()

    def ask(self) -> Any:
        answer = self._browser.get(self._path)
        if answer.status_code != 200:
            raise RuntimeError(f"The page was answered {answer.status_code}.")
        return answer

    def floor(self) -> None:
        with connection.cursor() as cursor:
            for statement in self.statements:
                # A captured statement stands as PostgreSQL got it; its % are its own.
                cursor.execute(statement.replace("%", "%%"), [])
                cursor.fetchall()
        render_to_string("console/desk.html", self._context)


def _converse(desk: Desk, agent: Agent, number: int) -> str:
    """Give the agent conversations of 200 messages each; return the path of the first."""
    now = clock.now()
    began = now - timedelta(minutes=MESSAGES)
    interactions = Interaction.objects.bulk_create(
        Interaction(
            channel=desk.channel,
            customer_address=new_number(),
            queue=desk.queue,
            agent=agent,
            state=InteractionState.ACTIVE,
            initiated_at=began,
            queued_at=began,
            accepted_at=began,
            inactivity_due_at=desk.channel.inactive_at(now),
            revision=MESSAGES,
        )
        for _ in range(number)
    )
    Message.objects.bulk_create(
        Message(
            interaction=interaction,
            channel=desk.channel,
            author=Author.AGENT if place % 2 else Author.CUSTOMER,
            agent=agent if place % 2 else None,
            body=f"Message {place}: the shop says that the part comes on Thursday, around noon.",
            created_at=began + timedelta(minutes=place),
            state=MessageState.DELIVERED if place % 2 else MessageState.RECEIVED,
            parts=1,
        )
        for interaction in interactions
        for place in range(MESSAGES)
    )
    Agent.objects.filter(pk=agent.pk).update(load=number)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return reverse("desk-conversation", args=[interactions[0].pk])


def _seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _targets(queries: int, ratio: float, packed: float) -> list[Target]:
    title = f"Desk page, {AIM_CONVERSATIONS} conversations × {MESSAGES} messages"
    return [
        Target(
            f"{title}, queries", f"at most {MOST_QUERIES}", str(queries), queries <= MOST_QUERIES
        ),
        Target(
            f"{title}, server time",
            f"at most {MOST_TIMES} × SQL and template alone",
            f"{ratio:.1f} ×",
            ratio <= MOST_TIMES,
        ),
        Target(
            f"{title}, on the wire",
            f"at most {MOST_KILOBYTES} kB",
            f"{packed:.1f} kB",
            packed <= MOST_KILOBYTES,
        ),
    ]
