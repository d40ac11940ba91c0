"""The carriers' door, driven as a server drives it."""

from __future__ import annotations

import asyncio

from asgiref.testing import ApplicationCommunicator

from routing.webhooks import Webhooks


async def not_found(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"Django's"})


def call(path, body=b"", *, method="POST", headers=None, query="", chunks=None, times=1):
    """The answers of the carriers' door to a request sent ``times`` times: [(status, body)]."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "headers": [
            (b"host", b"testserver"),
            *((name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()),
        ],
    }

    async def run():
        door = Webhooks(not_found)
        try:
            return [await one(door) for _ in range(times)]
        finally:
            if door.pool is not None:
                await door.pool.close()

    async def one(door):
        caller = ApplicationCommunicator(door, dict(scope))
        sent = chunks or [body]
        for number, chunk in enumerate(sent, 1):
            await caller.send_input(
                {"type": "http.request", "body": chunk, "more_body": number < len(sent)}
            )
        start = await caller.receive_output(10)
        answer = await caller.receive_output(10)
        await caller.wait(10)
        return start["status"], answer["body"]

    return asyncio.run(run())
