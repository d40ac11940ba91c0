"""The floor: the least that anybody could do with a carrier's text, on the same server as the desk.

``POST /text/<n>`` parses the form, checks one HMAC, inserts one row durably (a repeat changes
nothing) and publishes once. A websocket at ``/listen/<n>`` hears what is published for ``n``.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from urllib.parse import parse_qsl

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

TABLE = """
CREATE TABLE IF NOT EXISTS bench_floor
    (id bigserial PRIMARY KEY, sid text UNIQUE, body bytea, at timestamptz DEFAULT now())
"""
INSERT = "INSERT INTO bench_floor (sid, body) VALUES (%s, %s) ON CONFLICT (sid) DO NOTHING"
TOKEN = "t0ken"


class Servers:
    """One pool and one Redis connection, opened on first use, inside the server's loop."""

    pool: AsyncConnectionPool | None = None
    redis: Redis | None = None

    async def open(self) -> tuple[AsyncConnectionPool, Redis]:
        if self.pool is None:
            self.pool = AsyncConnectionPool(
                os.environ["DATABASE_URL"],
                kwargs={"autocommit": True},
                min_size=1,
                max_size=8,
                open=False,
            )
            await self.pool.open()
        if self.redis is None:
            self.redis = Redis.from_url(os.environ["REDIS_URL"], max_connections=1_000)
        return self.pool, self.redis


servers = Servers()


async def application(scope, receive, send):
    listener = scope["path"].rpartition("/")[2]
    if scope["type"] == "websocket":
        await listen(listener, receive, send)
    elif scope["type"] == "http":
        status = await take_text(scope, receive, listener) if scope["method"] == "POST" else 404
        headers = [(b"content-type", b"text/xml"), (b"content-length", b"11")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"<Response/>"})


async def take_text(scope, receive, listener: str) -> int:
    body = b""
    more = True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    headers = dict(scope["headers"])
    fields = parse_qsl(body.decode(), keep_blank_values=True)
    url = f"http://{headers[b'host'].decode()}{scope['path']}"
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(digest), headers[b"x-twilio-signature"]):
        return 403
    text = dict(fields)
    pool, redis = await servers.open()
    async with pool.connection() as connection:
        await connection.execute(INSERT, [text["MessageSid"], body])
    await redis.publish(f"floor.{listener}", text["From"])
    return 200


async def listen(listener: str, receive, send) -> None:
    _, redis = await servers.open()
    await receive()
    async with redis.pubsub() as ear:
        await ear.subscribe(f"floor.{listener}")
        await send({"type": "websocket.accept"})
        telling = asyncio.create_task(tell(ear, send))
        while (await receive())["type"] != "websocket.disconnect":
            pass
        telling.cancel()


async def tell(ear, send) -> None:
    async for message in ear.listen():
        if message["type"] == "message":
            await send({"type": "websocket.send", "text": message["data"].decode()})
