"""I7: each reply is one text at the carrier, or visibly failed or unknown; never silent."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.faults.test_webhooks import at_once
from tests.support.clients import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("processes")]

SENDER = "+14155550361"


@pytest.fixture
def conversation(rig, carrier):
    rig.make_available("robin")
    return rig.take("robin", SENDER)


def state_of(rig, body: str) -> str:
    return str(rig.desk.scalar("SELECT state FROM routing_message WHERE body = %s", body))


def wait_for_state(rig, body: str, *states: str, seconds: float = 10) -> str:
    wait_until(lambda: state_of(rig, body) in states, seconds, what=f"{body} is {states}")
    return state_of(rig, body)


def test_I7_fault_32_a_double_click_and_a_resent_form_are_one_text(rig, carrier, conversation):
    for number in range(5):
        body, client_id = f"click {number}", str(uuid.uuid4())

        def send(body=body, client_id=client_id):
            return rig.send("robin", conversation, body, client_id)

        answers = [*at_once(send, send, send), send()]

        assert [answer.status_code for answer in answers] == [200] * 4
        wait_for_state(rig, body, "SENT")
    assert set(carrier.taken.values()) == {1}
    assert len(carrier.taken) == 5


def test_I7_fault_33_a_receipt_before_the_carriers_answer_is_not_lost(rig, carrier, conversation):
    def deliver_first(order):
        status = carrier.take(order)
        # Without our own id in the address, so that only the carrier's id can tell whose it is.
        assert rig.desk.receipt(order.sid, "delivered").status_code < 300
        time.sleep(0.3)
        return status

    carrier.script = deliver_first
    rig.send("robin", conversation, "quicker than its answer", str(uuid.uuid4()))
    wait_for_state(rig, "quicker than its answer", "DELIVERED")


def test_I7_fault_3_receipts_in_any_order_never_move_a_text_backwards(rig, carrier, conversation):
    rig.send("robin", conversation, "up the ladder", str(uuid.uuid4()))
    wait_for_state(rig, "up the ladder", "SENT")
    sid = carrier.orders[0].sid
    for status in ("delivered", "sent", "queued", "failed", "delivered", "sent"):
        assert rig.desk.receipt(sid, status).status_code < 300
    wait_until(lambda: rig.desk.scalar("SELECT count(*) FROM routing_receipt") == 6)
    rig.settle()
    assert state_of(rig, "up the ladder") == "DELIVERED"


def test_I7_fault_31_a_time_out_after_accepting_is_unknown_and_never_sent_again(
    rig, carrier, conversation
):
    def take_and_be_silent(order):
        carrier.take(order)
        time.sleep(2)
        return 201

    carrier.script = take_and_be_silent
    rig.send("robin", conversation, "perhaps", str(uuid.uuid4()))
    wait_for_state(rig, "perhaps", "UNKNOWN")
    time.sleep(2)
    assert carrier.taken == {"perhaps": 1}
    # A receipt by our own id in the address settles it.
    reference = carrier.orders[0].status_url.partition("?message=")[2]
    rig.desk.receipt(carrier.orders[0].sid, "delivered", message=reference)
    wait_for_state(rig, "perhaps", "DELIVERED")


def test_I7_fault_30_a_busy_carrier_is_tried_again_and_takes_the_text_once(
    rig, carrier, conversation
):
    carrier.script = lambda order: carrier.take(order) if len(carrier.orders) > 1 else 503
    rig.send("robin", conversation, "at the second try", str(uuid.uuid4()))
    wait_for_state(rig, "at the second try", "SENT", seconds=15)
    assert carrier.taken == {"at the second try": 1}
    assert len(carrier.orders) == 2


def test_I7_fault_30_a_refused_text_says_why(rig, carrier, conversation):
    carrier.script = lambda _: 400
    rig.send("robin", conversation, "refused", str(uuid.uuid4()))
    wait_for_state(rig, "refused", "FAILED")
    assert carrier.taken == {}


def test_I7_fault_8_a_worker_killed_while_sending_leaves_unknown_and_never_sends_again(
    rig, carrier, conversation
):
    def take_slowly(order):
        carrier.take(order)
        time.sleep(0.8)
        return 201

    carrier.script = take_slowly
    rig.send("robin", conversation, "cut short", str(uuid.uuid4()))
    wait_until(lambda: carrier.orders)
    for name in ("worker", "beat"):
        rig.desk.kill(name)
    assert state_of(rig, "cut short") == "SENDING"
    # Not to wait half a minute for what takes the worst carrier as long.
    rig.desk.sql("UPDATE routing_message SET due_at = clock_timestamp() WHERE state = 'SENDING'")
    rig.desk.start("worker")
    wait_for_state(rig, "cut short", "UNKNOWN")
    assert carrier.taken == {"cut short": 1}
