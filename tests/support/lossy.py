"""A bad network in front of a server: commands arrive several times at once, and answers are lost on the way back."""

import http.client
import random
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Lossy:
    """Passes everything on; of a command the answer is lost with probability `lost`, and the request is sent up to
    `repeats` times in parallel. With `deaf` nothing of a stream comes through."""

    target: int
    lost: float
    repeats: int
    seed: int = 1
    deaf: bool = False
    sent: dict[str, int] = field(default_factory=dict)
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    dropped: int = 0
    server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """The address of the bad network."""
        chance, lock, outer = random.Random(self.seed), threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if outer.deaf and self.path.partition("?")[0].endswith("/stream"):
                    self.close_connection = True
                    return
                self.answer(outer.ask(self, b""), last=True)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if not self.path.endswith("/commands"):
                    self.answer(outer.ask(self, body), last=True)
                    return
                key = self.headers["idempotency-key"]
                with lock:
                    drops, times = chance.random() < outer.lost, chance.randint(1, outer.repeats)
                    outer.sent[key] = outer.sent.get(key, 0) + times
                    outer.dropped += drops
                found: list[Any] = []
                threads = [threading.Thread(target=lambda: found.append(outer.read(self, body))) for _ in range(times)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                with lock:
                    outer.answers.setdefault(key, set()).update(text for status, _, text in found if status == 200)
                if drops:
                    self.close_connection = True
                    return
                status, headers, text = found[0]
                self.whole(status, headers, text)

            def answer(self, asked: tuple[http.client.HTTPConnection, http.client.HTTPResponse], *, last: bool) -> None:
                connection, response = asked
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("connection", "close")
                self.end_headers()
                self.close_connection = last
                try:
                    while piece := response.read1(65536):
                        self.wfile.write(piece)
                        self.wfile.flush()
                except OSError:
                    self.close_connection = True  # the browser went away
                finally:
                    connection.close()

            def whole(self, status: int, headers: list[tuple[str, str]], text: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def ask(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """One request to the server, as it came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOP}
        connection.request(handler.command, handler.path, body=body or None, headers=headers)
        return connection, connection.getresponse()

    def read(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection, response = self.ask(handler, body)
        try:
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()
