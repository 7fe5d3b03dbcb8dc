"""What a shop would be around the relay, in a process of its own: the product's own web server with TLS, the
page of the tests, and a way for offers to come in.

    python -m tests.rtc.shop FOLDER PORT [ADVERTISED]...      prints a line once it serves
    POST /join?room=&seat=   an SDP offer in, the answer out
    GET  /stats              the relay's own figures as JSON
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import shopvisio
from shopvisio import clock, hub, tls
from shopvisio.hub import server
from shopvisio.rtc import Engine

FILES = {
    "/": (Path(__file__).with_name("page.html"), "text/html"),
    "/peer.js": (Path(shopvisio.__file__).parent / "web/static/call/peer.js", "text/javascript"),
}


def site(engine: Engine) -> server.Wsgi:
    """The pages, over this relay."""

    def answer(environ: dict[str, Any]) -> tuple[str, bytes]:
        path = environ["PATH_INFO"]
        if path == "/stats":
            return "application/json", json.dumps(hub.wait(engine.stats(), 5)).encode()
        if path == "/join":
            query = parse_qs(environ["QUERY_STRING"])
            offer = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            return "application/sdp", hub.wait(engine.join(query["room"][0], query["seat"][0], offer), 5).encode()
        file, kind = FILES[path]
        return kind, file.read_bytes()

    def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        kind, body = answer(environ)
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return serve


def main(folder: str, port: int, advertised: list[str]) -> None:
    """Serve for ever: HTTPS and framed media on TCP ``port``, media on UDP ``port``, on every address."""
    sys.setswitchinterval(0.0005)
    hub.start()
    context = tls.context(*tls.self_signed(Path(folder), ["localhost"], clock.now()))
    listener = server.listen("::", port)
    engine = Engine(port, None, advertised, tcp_port=port)
    engine.start()
    print("serving", flush=True)
    server.serve(site(engine), listener, lambda: context, engine.adopt)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
