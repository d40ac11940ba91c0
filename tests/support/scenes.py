"""Desks with something on them: what the pictures show and the accessibility checks look at.

Everything comes about as in life, by signed texts and an agent's clicks; only time is made to pass
by SQL, since no picture waits two minutes for a target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.clients import AgentClient
    from tests.support.processes import Desk

DANA = "+14155550101"
RAMANS = "+14155550102"
LONG_TEXT = (
    "I was standing at the red light on Alder Street when the van behind me did not stop in time."
    " Nobody is hurt, but the trunk does not close any more, and the left tail light is gone. "
) * 9

# sender, what they text: one conversation for each of the six states of the strip (S1:53-58)
SIX = {
    "waiting": (DANA, "Is my claim paid?"),
    "unread": ("+14155550141", "Bonjour, j’ai une question 🙂"),
    "late": ("+14155550142", "Are you still there?"),
    "late-unread": ("+14155550143", "مرحبا، متى يصل التعويض؟"),
    "failed": ("+14155550144", "Please send me the form"),
    "wrap-up": ("+14155550145", "Thank you, that was all!"),
}
NAMES = {
    "+14155550141": "Maximiliane-Charlotte Freifrau von Oberdorff-Hohenlohe",
    "+14155550143": "ليلى الحداد",
    "+14155550144": "Ty Ng",
}


class Scene:
    """One agent's desk, filled step by step over HTTP; a browser looks at it afterwards."""

    def __init__(self, desk: Desk, username: str) -> None:
        self.desk = desk
        self.username = username
        self.client: AgentClient = desk.agent_client(username)
        self.client.open_desk()
        self.agent_id = desk.scalar(
            """SELECT agents_agent.id FROM agents_agent
               JOIN auth_user ON auth_user.id = user_id WHERE username = %s""",
            username,
        )

    def set_status(self, name: str) -> None:
        self.client.post("/desk/status", {"status": name})

    def texts(self, sender: str, *bodies: str, to: str | None = None) -> None:
        for body in bodies:
            self.desk.inbound(sender, body, to=to).raise_for_status()
        self.desk.wait_until(
            lambda: self.desk.scalar(
                """SELECT count(*) FROM routing_message AS message
                   JOIN routing_interaction AS i ON i.id = interaction_id
                   WHERE customer_address = %s AND author = 'CUSTOMER' AND body = %s""",
                sender,
                bodies[-1],
            ),
            what="the text is threaded",
        )

    def offered(self, sender: str) -> int:
        """Wait for the offer of this customer's conversation; return its id."""
        return int(
            self.desk.wait_until(
                lambda: self.desk.scalar(
                    """SELECT o.id FROM routing_offer AS o
                       JOIN routing_interaction AS i ON i.id = o.interaction_id
                       WHERE customer_address = %s AND o.state = 'PENDING' AND o.agent_id = %s""",
                    sender,
                    self.agent_id,
                ),
                what="the offer",
            )
        )

    def accepts(self, sender: str) -> int:
        """Accept this customer's conversation; return its id."""
        answer = self.client.post(f"/desk/offers/{self.offered(sender)}/accept")
        answer.raise_for_status()
        return self.conversation(sender)

    def conversation(self, sender: str) -> int:
        """The customer's latest conversation."""
        found = self.desk.scalar(
            "SELECT max(id) FROM routing_interaction WHERE customer_address = %s", sender
        )
        return int(found)

    def answers(self, sender: str, body: str) -> None:
        """Send a text, as somebody who has seen the whole thread."""
        interaction_id = self.conversation(sender)
        seen = self.desk.scalar(
            "SELECT max(id) FROM routing_message WHERE interaction_id = %s", interaction_id
        )
        self.client.post(
            f"/desk/conversations/{interaction_id}/messages",
            {"body": body, "client_id": new_id(self.desk), "seen": seen},
        ).raise_for_status()

    def settles(self, sender: str, state: str) -> None:
        """Wait until our last text to this customer has reached a step of the ladder."""
        self.desk.wait_until(
            lambda: (
                self.desk.scalar(
                    """SELECT state FROM routing_message WHERE interaction_id = %s
                       AND author = 'AGENT' ORDER BY id DESC LIMIT 1""",
                    self.conversation(sender),
                )
                == state
            ),
            what=f"our text is {state}",
        )

    def ends(self, sender: str) -> None:
        self.client.post(f"/desk/conversations/{self.conversation(sender)}/end").raise_for_status()

    def is_late(self, sender: str, *, opened: bool) -> None:
        """Let the customer have waited for longer than the queue's target."""
        self.desk.sql(
            """UPDATE routing_interaction
               SET response_due_at = now() - interval '40 seconds',
                   opened_at = CASE WHEN %s THEN now() END
               WHERE id = %s""",
            opened,
            self.conversation(sender),
        )
        self.touch()

    def touch(self) -> None:
        """Let the open desks look again at what was changed by SQL."""
        self.desk.sql(
            "UPDATE agents_agent SET desk_version = desk_version + 1 WHERE id = %s", self.agent_id
        )

    def knows(self, sender: str, name: str) -> None:
        """Put a customer on file."""
        self.desk.sql(
            """WITH made AS (
                   INSERT INTO cases_customer (name, email, address, notes, created_at)
                   VALUES (%s, '', '', '', now()) RETURNING id
               )
               INSERT INTO cases_customerphone (customer_id, number) SELECT id, %s FROM made""",
            name,
            sender,
        )

    def leaves(self) -> None:
        """Close the HTTP client's socket; a browser takes over."""
        self.client.close()


def six_states(desk: Desk, username: str) -> Scene:
    """Six conversations, one in each state; the agent is at the limit, in no hurry to lapse."""
    desk.sql("UPDATE routing_queue SET wrap_up_seconds = 3000, acceptance_seconds = 600")
    scene = Scene(desk, username)
    scene.set_status("Available")
    for number, name in NAMES.items():
        scene.knows(number, name)
    for sender, words in SIX.values():
        scene.texts(sender, words)
        scene.accepts(sender)
    scene.answers(DANA, "Yes, Dana: it was paid on Monday. You should see it by tomorrow.")
    scene.settles(DANA, "DELIVERED")
    scene.texts(SIX["unread"][0], LONG_TEXT[:1500], "Hello?")
    scene.answers(SIX["late"][0], "Yes, one moment please.")
    scene.texts(SIX["late"][0], "I am waiting …")
    scene.texts(SIX["late-unread"][0], "هل أنتم هناك؟")
    set_failure(desk, "30003")
    scene.answers(
        SIX["failed"][0], "Here it is: https://example.com/forms/claim?id=1042 – good luck!"
    )
    scene.settles(SIX["failed"][0], "FAILED")
    set_failure(desk, "")
    scene.ends(SIX["wrap-up"][0])
    scene.is_late(SIX["late"][0], opened=True)
    scene.is_late(SIX["late-unread"][0], opened=False)
    return scene


def set_failure(desk: Desk, code: str) -> None:
    """Let the simulated carrier fail every text with this code; empty: none."""
    desk.sql(
        """INSERT INTO handset_scenario (id, delay_seconds, duplicate_webhooks,
               receipts_out_of_order, time_out_after_accepting, failure_code)
           VALUES (1, 0, false, false, false, %s)
           ON CONFLICT (id) DO UPDATE SET failure_code = excluded.failure_code""",
        code,
    )


def new_id(desk: Desk) -> str:
    return str(desk.scalar("SELECT gen_random_uuid()"))


# Drawn, each picture loaded, each animation that ends is over: the same twice in a row.
STILL = """() => {
  const moving = document.getAnimations().some(({ effect, playState }) =>
    playState === "running" && effect.getComputedTiming().endTime !== Infinity);
  const look = `${document.body.scrollHeight} ${document.fonts.status} ${scrollY}`;
  const still = !moving && look === window.lookedBefore && document.fonts.status === "loaded";
  window.lookedBefore = look;
  return still;
}"""


def settle(page: Page) -> None:
    """Wait until nothing is loading or moving any more."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    page.evaluate("delete window.lookedBefore")
    page.wait_for_function(STILL)
