"""A running desk for many faults: emptied before each, put right and judged after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from tests.faults.invariants import broken_invariants
from tests.support.clients import AgentClient, wait_until
from tests.support.processes import ALL, Desk

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIMS = "+14155550199"
POLICIES = "+14155550188"
# Presence must outlast the five seconds between two heartbeats.
ENVIRONMENT = {"PRESENCE_TIMEOUT_SECONDS": "7", "CARRIER_TIMEOUT_SECONDS": "1"}

# What a recovered desk may still be late by.
LATE = "2 seconds"
RECOVERY_SECONDS = 20

EMPTY = """
TRUNCATE routing_interaction, routing_offer, routing_event, routing_message, routing_receipt,
    routing_carrierrequest, cases_chatlog, cases_caselink, cases_case CASCADE
"""
ON_BREAK = """
UPDATE agents_agent SET load = 0, present = false, presence_due_at = NULL, stop_new = false,
    "limit" = NULL, desk_version = desk_version + 1, status_since = now(), idle_since = now(),
    status_id = (SELECT id FROM agents_statuscode WHERE name = 'On Break')
"""
PERIODS = """
INSERT INTO agents_statusperiod (agent_id, status_id, reason, started_at)
SELECT id, status_id, status_reason, status_since FROM agents_agent
"""
QUEUES = """
UPDATE routing_queue
SET acceptance_seconds = 60, wrap_up_seconds = 60, disposition_required = false
"""


class Rig:
    """The running desk, and the short cuts that fault tests take to a situation."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._clients: dict[str, AgentClient] = {}
        self._carrier_url = desk.scalar("SELECT base_url FROM routing_carrieraccount")

    def mend(self) -> None:
        """Start what a test has stopped."""
        self.desk.redis_cont()
        if self.desk.redis.process is None or self.desk.redis.process.poll() is not None:
            self.desk.redis_start()
        for client in self._clients.values():
            for tab in client.open_desks:
                tab.close()
            client.open_desks.clear()
        for name in list(self.desk.processes):
            if name not in ALL:
                self.desk.kill(name)
                del self.desk.processes[name]
        dead = [name for name in ALL if not self.desk.is_running(name)]
        for name in dead:
            self.desk.begin(name)
        for name in dead:
            self.desk.wait_ready(name)

    def empty(self) -> None:
        """Forget every text, and send everybody on break."""
        wait_until(self._is_emptied, 20)

    def _is_emptied(self) -> bool:
        try:
            self.desk.sql(EMPTY)
        except psycopg.errors.DeadlockDetected:  # a sweep was about to look
            return False
        self.desk.sql("DELETE FROM agents_statusperiod")
        self.desk.sql(ON_BREAK)
        self.desk.sql(PERIODS)
        self.desk.sql(QUEUES)
        self.desk.sql("UPDATE routing_carrieraccount SET base_url = %s", self._carrier_url)
        return True

    def settle(self, late: str = LATE) -> None:
        """Wait until all is handled and every invariant holds; fail with those that do not."""
        broken: list[tuple[str, str]] = []
        give_up = RECOVERY_SECONDS
        try:
            wait_until(lambda: not self._broken(broken, late), give_up, what="all invariants hold")
        except AssertionError:
            raise AssertionError("\n".join(f"{name}: {what}" for name, what in broken)) from None

    def _broken(self, into: list[tuple[str, str]], late: str) -> bool:
        with psycopg.connect(self.desk.database_url, autocommit=True) as connection:
            cursor = connection.cursor()
            into[:] = broken_invariants(cursor, late=late)
            cursor.execute("SELECT id FROM routing_carrierrequest WHERE state = 'STORED'")
            into += [("not handled yet", f"request {pk}") for (pk,) in cursor.fetchall()]
        return bool(into)

    # people

    def agent_id(self, username: str) -> int:
        query = """SELECT agent.id FROM agents_agent AS agent
            JOIN auth_user AS person ON person.id = agent.user_id WHERE person.username = %s"""
        return int(self.desk.scalar(query, username))

    def client(self, username: str) -> AgentClient:
        """A browser of this agent, signed in once for all tests."""
        if username not in self._clients:
            self._clients[username] = self.desk.agent_client(username)
        return self._clients[username]

    def make_available(self, *usernames: str, present_seconds: int = 3600) -> None:
        """Have them Available, with a browser that is heard for so long without a heartbeat."""
        for username in usernames:
            client = self.client(username)
            agent_id = self.agent_id(username)
            self.desk.sql(
                """UPDATE agents_agent SET present = true,
                   presence_due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s""",
                present_seconds,
                agent_id,
            )
            assert client.post("/desk/status", {"status": "Available"}).status_code < 400

    def agent(self, username: str) -> dict[str, Any]:
        query = """SELECT agent.*, status.name AS status FROM agents_agent AS agent
            JOIN agents_statuscode AS status ON status.id = agent.status_id WHERE agent.id = %s"""
        return self.desk.sql(query, self.agent_id(username))[0]

    # texts

    def text(self, sender: str, body: str, *, to: str = CLAIMS, sid: str | None = None) -> None:
        """A text that the desk takes."""
        answer = self.desk.inbound(sender, body, sid=sid, to=to)
        assert answer.status_code == 200, answer.text

    def messages(self, sender: str | None = None) -> list[dict[str, Any]]:
        """The customers' messages in the order of the thread."""
        return self.desk.sql(
            """SELECT message.*, interaction.customer_address FROM routing_message AS message
               JOIN routing_interaction AS interaction ON interaction.id = message.interaction_id
               WHERE message.author = 'CUSTOMER' AND interaction.customer_address LIKE %s
               ORDER BY message.created_at, message.id""",
            sender or "%",
        )

    def interaction(self, sender: str) -> dict[str, Any]:
        """The latest conversation with a customer."""
        query = "SELECT * FROM routing_interaction WHERE customer_address = %s ORDER BY id DESC"
        rows = wait_until(lambda: self.desk.sql(query, sender), what=f"a text of {sender}")
        return rows[0]

    def offer(self, sender: str, seconds: float = 10) -> dict[str, Any]:
        """The pending offer of a customer's conversation."""
        rows = wait_until(lambda: self._pending(sender), seconds, what=f"{sender} is offered")
        return rows[0]

    def _pending(self, sender: str) -> list[dict[str, Any]]:
        return self.desk.sql(
            """SELECT offer.* FROM routing_offer AS offer
               JOIN routing_interaction AS interaction ON interaction.id = offer.interaction_id
               WHERE interaction.customer_address = %s AND offer.state = 'PENDING'""",
            sender,
        )

    def take(self, username: str, sender: str, *, to: str = CLAIMS) -> int:
        """Have a new customer text and this agent, the only one Available, accept."""
        self.text(sender, f"Hello from {sender}", to=to)
        offer = self.offer(sender)
        assert offer["agent_id"] == self.agent_id(username)
        answer = self.client(username).post(f"/desk/offers/{offer['id']}/accept")
        assert answer.status_code == 200, answer.text
        return int(offer["interaction_id"])

    def send(self, username: str, interaction_id: int, body: str, client_id: str) -> Any:
        """Press Send in the agent's composer."""
        fields = {"body": body, "client_id": client_id}
        return self.client(username).post(f"/desk/conversations/{interaction_id}/messages", fields)

    def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Kill a process with -9 and start it again."""
        self.desk.kill(name)
        self.desk.start(name, environment=environment)
