"""A carrier in a thread of the test: takes texts, keeps a ledger, and misbehaves as told."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.support.twilio import new_sid

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Order:
    """One text the desk wants sent."""

    sid: str
    recipient: str
    body: str
    status_url: str


class FakeCarrier:
    """``script`` runs for each text before it is answered, and returns the answer's status."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()  # by the text's body
        self.orders: list[Order] = []
        self.script: Callable[[Order], int] = self.take
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._thread.start()

    def take(self, order: Order) -> int:
        """Send the text: the customer's phone rings now."""
        self.taken[order.body] += 1
        return 201

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(carrier) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the request's
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                fields = parse_qs(self.rfile.read(length).decode())
                order = Order(
                    sid=new_sid(),
                    recipient=fields["To"][0],
                    body=fields["Body"][0],
                    status_url=fields["StatusCallback"][0],
                )
                carrier.orders.append(order)
                status = carrier.script(order)
                document: dict[str, object] = {
                    "sid": order.sid,
                    "status": "queued",
                    "error_code": None,
                }
                if status >= 400:
                    document = {"code": 20500, "message": "Out of order", "status": status}
                body = json.dumps(document).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the desk gave up waiting

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
