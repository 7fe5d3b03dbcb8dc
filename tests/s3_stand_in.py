"""Stands in for S3-compatible storage, over HTTP on this machine: one bucket in memory, for whoever signs as the
specification of signature version 4 wants it; written from the specification, with nothing of the library's.
"""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET, KEY, SECRET, REGION = "shop", "AKSHOP", "a secret that only the shop knows", "fr-1"


@dataclass
class Storage:
    """``files`` of the bucket; ``parts`` of files that arrive in parts; ``asked``: method and path of each request."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Refused(Exception):
    """An error as S3 writes it: status and code."""


def signature(method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], told: str) -> str:
    """What must stand in the Authorization header ``told`` of such a request."""
    named = dict(part.strip().split("=", 1) for part in told.split(" ", 1)[1].split(","))
    scope = named["Credential"].split("/", 1)[1]
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    signed = named["SignedHeaders"].split(";")
    wanted = [
        method,
        path,
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(headers[name].split())}" for name in signed),
        "",
        named["SignedHeaders"],
        headers["x-amz-content-sha256"],
    ]
    digest = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest))
    return hmac.digest(key, text.encode(), "sha256").hex()


def check(method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes) -> None:
    """Raise Refused for who does not sign, or signs something else."""
    told = headers.get("authorization", "")
    if f"Credential={KEY}/" not in told or f"/{REGION}/s3/aws4_request" not in told:
        raise Refused(403, "InvalidAccessKeyId")
    if not told.endswith(f"Signature={signature(method, path, query, headers, told)}"):
        raise Refused(403, "SignatureDoesNotMatch")
    if headers["x-amz-content-sha256"] not in (hashlib.sha256(body).hexdigest(), "UNSIGNED-PAYLOAD"):
        raise Refused(400, "XAmzContentSHA256Mismatch")


def answer(
    storage: Storage, method: str, name: str, query: dict[str, str], body: bytes
) -> tuple[bytes, dict[str, str]]:
    """What S3 does with a request that is signed: a body, and headers."""
    if not name:
        listed = (one for one in sorted(storage.files) if one.startswith(query.get("prefix", "")))
        rows = "".join(f"<Contents><Key>{escape(one)}</Key></Contents>" for one in listed)
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode(), {}
    if "uploads" in query:
        storage.parts[name] = {}
        return f"<R><UploadId>{len(storage.parts)}</UploadId></R>".encode(), {}
    if method == "PUT" and "partNumber" in query:
        storage.parts[name][int(query["partNumber"])] = body
    elif method == "PUT":
        storage.files[name] = body
    elif method == "POST":
        parts = storage.parts.pop(name)
        storage.files[name] = b"".join(parts[n] for n in sorted(parts))
        return b"<R></R>", {}
    elif method == "DELETE":
        storage.files.pop(name, None)
    elif name not in storage.files:
        raise Refused(404, "NoSuchKey")
    else:
        return storage.files[name], {}
    return b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}


class _Handler(BaseHTTPRequestHandler):
    storage: Storage
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.storage.asked.append(f"{self.command} {parts.path}")
        bucket, _slash, name = parts.path.removeprefix("/").partition("/")
        status, more = 200, {}
        try:
            check(self.command, parts.path, query, headers, body)
            if bucket != BUCKET:
                raise Refused(404, "NoSuchBucket")
            told, more = answer(self.storage, self.command, unquote(name), dict(query), body)
        except Refused as refusal:
            status, code = refusal.args
            told = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
        if "Range" in self.headers and status == 200:
            status = 206
            begin, _dash, end = self.headers["Range"].removeprefix("bytes=").partition("-")
            last = int(end) if end else len(told) - 1
            more |= {"Content-Range": f"bytes {begin}-{last}/{len(told)}"}
            told = told[int(begin) : last + 1]
        self.send_response(status)
        for header, value in {"Content-Type": "application/xml", "Content-Length": str(len(told)), **more}.items():
            self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any

    def log_message(self, *_given: Any) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[Storage]:
    """Storage that answers."""
    storage = Storage()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"storage": storage}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    storage.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield storage
    finally:
        server.shutdown()
        server.server_close()
