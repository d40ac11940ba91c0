"""J2: a nudge written straight to Redis reaches what the channel layer listens to."""

from __future__ import annotations

import asyncio
import time

from channels.layers import get_channel_layer

from smsdesk.lib import live
from smsdesk.lib.doorbell import doorbell


def wait_for_listener(redis_client, channel: str) -> None:
    while redis_client.pubsub_numsub(channel)[0][1] == 0:
        time.sleep(0.005)


async def test_J2_a_nudge_reaches_a_socket_of_the_channel_layer(redis_client):
    layer = get_channel_layer()
    socket = await layer.new_channel()
    await layer.group_add(live.group_name(7), socket)
    try:
        wait_for_listener(redis_client, live.channel_of(7))

        live.nudge([6, 7])

        assert await asyncio.wait_for(layer.receive(socket), 5) == {"type": "desk.changed"}
    finally:
        await layer.group_discard(live.group_name(7), socket)
        await layer.flush()


async def test_J2_a_nudge_is_written_as_the_channel_layer_writes(redis_client):
    listener = redis_client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(live.channel_of(7))
    listener.get_message(timeout=5)
    layer = get_channel_layer()
    try:
        await layer.group_send(live.group_name(7), {"type": "desk.changed"})
        live.nudge([7])
        doorbell.flush()

        by_layer, by_us = (listener.get_message(timeout=5) for _ in range(2))
    finally:
        listener.close()
        await layer.flush()
    assert by_layer == by_us
