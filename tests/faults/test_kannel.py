"""A18: texts go through a real Kannel, with the configuration of deploy/, and none is lost.

Only the operator is played. What comes in and goes out keeps every character.
"""

from __future__ import annotations

import uuid

import pytest

from tests.support.clients import wait_until
from tests.support.kannel import Gateway, missing
from tests.support.template import manage

pytestmark = [
    pytest.mark.faults,
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

NUMBER = "+14155550177"
USER, PASSWORD, REQUESTS = "desk", "sendsms-passw0rd", "requests-passw0rd"
ACCOUNT = f"""
from routing.models import CarrierAccount, Channel, Queue
account = CarrierAccount.objects.create(
    name="Gateway", carrier="kannel", account_sid="{USER}", auth_token="{PASSWORD}",
    signing_secret="{REQUESTS}")
Channel.objects.create(
    name="Gateway", number="{NUMBER}", country="US", number_type="LONG_CODE", state="ACTIVE",
    account=account, queue=Channel.objects.get(number="+14155550199").queue)
"""
BODIES = [
    "  two  blanks, here  and there",
    "first line\n\nsecond line",
    "Où est mon colis? {€}",
    "Где моя посылка?",
    "😀 smile\n and 👩‍👩‍👧 family",
]
LONG = "All of it. " * 136 + "End."
assert len(LONG) == 1500


@pytest.fixture(scope="module")
def gateway(running_rig, tmp_path_factory):
    desk = running_rig.desk
    manage(desk.environment, "shell", "-c", ACCOUNT)
    [account] = desk.sql("SELECT id, key FROM routing_carrieraccount WHERE name = 'Gateway'")
    gateway = Gateway(tmp_path_factory.mktemp("kannel"), user=USER, password=PASSWORD)
    address = desk.base_url.replace("http://", f"http://{USER}:{REQUESTS}@")
    gateway.configure(f"{address}/carriers/{account['key']}/inbound")
    try:
        gateway.start("bearerbox")
        gateway.start("smsbox")
        yield gateway
    finally:
        gateway.end()
        running_rig.empty()
        desk.sql("DELETE FROM routing_channel WHERE number = %s", NUMBER)
        desk.sql("DELETE FROM routing_carrieraccount WHERE id = %s", account["id"])


@pytest.fixture
def operator(rig, gateway):
    """``operator(from, to, body)`` hands a text over to Kannel, and then takes what we send."""
    rig.desk.sql(
        "UPDATE routing_carrieraccount SET base_url = %s WHERE carrier = 'kannel'", gateway.base_url
    )
    yield gateway.operator
    gateway.leave()


def bodies(rig, sender):
    return [message["body"] for message in rig.messages(sender)]


def test_A18_what_customers_write_comes_in_as_they_wrote_it(rig, operator):
    for number, body in enumerate([*BODIES, LONG]):
        sender = f"+1415555170{number}"

        operator(sender, NUMBER, body)

        wait_until(lambda sender=sender: rig.messages(sender), what=body)
        assert bodies(rig, sender) == [body]


def test_A18_N2_answers_go_out_whole_and_their_receipts_come_back(rig, gateway, operator):
    sender = "+14155551711"
    rig.make_available("robin")
    operator(sender, NUMBER, "Anybody there?")
    offer = rig.offer(sender)
    answer = rig.client("robin").post(f"/desk/offers/{offer['id']}/accept")
    assert answer.status_code == 200, answer.text
    conversation = offer["interaction_id"]
    replies = [*BODIES, LONG, ("Длинный ответ 😀 " * 100)[:1500].strip()]

    for body in replies:
        assert rig.send("robin", conversation, body, str(uuid.uuid4())).status_code == 200

    def delivered():
        query = "SELECT body FROM routing_message WHERE author = 'AGENT' AND state = 'DELIVERED'"
        return {row["body"] for row in rig.desk.sql(query)} == set(replies)

    wait_until(delivered, 20, what="every reply is delivered")
    assert sorted(gateway.taken()) == sorted((NUMBER, sender, body) for body in replies)


def test_A18_a_text_that_the_desk_could_not_take_is_brought_again(rig, gateway, operator):
    sender = "+14155551721"
    rig.desk.kill("web")

    operator(sender, NUMBER, "while you were away")
    wait_until(lambda: "Retrying" in gateway.log("smsbox"), what="Kannel tries again")
    rig.desk.start("web")

    wait_until(lambda: rig.messages(sender), 20, what="the text is brought again")
    assert bodies(rig, sender) == ["while you were away"]


def test_A18_a_text_waits_in_the_gateway_while_its_smsbox_is_gone(rig, gateway, operator):
    sender = "+14155551731"
    gateway.kill("smsbox")

    operator(sender, NUMBER, "into the store")
    wait_until(lambda: "store size 1" in gateway.status(), what="the text is in the store")
    gateway.kill("bearerbox")
    gateway.start("bearerbox")
    gateway.start("smsbox")

    wait_until(lambda: rig.messages(sender), 20, what="the text comes out of the store")
    assert bodies(rig, sender) == ["into the store"]
