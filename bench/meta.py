"""Meta as a benchmark wants it: accepts every message at once, and remembers when it came."""

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulator.templates import samples


class Meta:
    """arrived: {the recipient's digits: when the first message for them came, perf_counter}."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self._numbers = itertools.count()
        meta = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._answer({"data": samples(), "paging": {}})

            def do_POST(self) -> None:
                came = time.perf_counter()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                to = str(body.get("to", "")).lstrip("+")
                meta.arrived.setdefault(to, came)
                wamid = f"wamid.bench{next(meta._numbers)}"
                self._answer(
                    {"contacts": [{"input": to, "wa_id": to}], "messages": [{"id": wamid}]}
                )

            def _answer(self, body: object) -> None:
                raw = json.dumps(body).encode()
                self.send_response_only(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Nothing: printing would be what is measured."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
