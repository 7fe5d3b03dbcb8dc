"""The files that pages load: styles, scripts, pictures of the product. Read and compressed once, when it starts.

Their address holds a digest of them all: browsers keep them for a year, and an upgrade gives every one a new address.
Scripts find each other beside themselves, so they need no list. Nothing else is compressed: a compressed page that
holds a secret (the token of its form, a customer's link) beside words from outside tells the secret by its length.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request

YEAR = 31_536_000  # seconds
SMALL = 600  # bytes: below, compressing gains nothing
WORDS = ("text/", "application/json", "image/svg")  # the kinds that shrink


@dataclass(frozen=True)
class Asset:
    """A file: its kind, its bytes, and the same compressed where that is worth it."""

    kind: str
    plain: bytes
    packed: bytes | None


@cache
def read(folder: Path) -> tuple[str, dict[str, Asset]]:
    """Every file of ``folder`` by its path inside, and the digest of them all."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    assets = {name: _asset(path) for name, path in found.items() if not path.name.startswith(".")}
    digest = hashlib.sha256(b"".join(name.encode() + asset.plain for name, asset in assets.items()))
    return digest.hexdigest()[:12], assets


def _asset(path: Path) -> Asset:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    plain = path.read_bytes()
    shrinks = kind.startswith(WORDS) and len(plain) > SMALL
    return Asset(kind, plain, gzip.compress(plain, 9, mtime=0) if shrinks else None)


def register(app: Flask, folder: Path) -> None:
    """Serve the files of ``folder``; ``url_for("static", filename=…)`` knows their address."""
    version, assets = read(folder)

    def file(version_asked: str, filename: str) -> Response:
        asset = assets.get(filename)
        if asset is None:
            abort(404)
        packed = asset.packed if request.accept_encodings.quality("gzip") else None
        answer = Response(packed or asset.plain, mimetype=asset.kind)
        answer.vary.add("Accept-Encoding")
        answer.cache_control.public = True
        if version_asked == version:
            answer.cache_control.max_age, answer.cache_control.immutable = YEAR, True
        else:
            answer.cache_control.no_cache = True  # a page from before an upgrade gets what there is now
        if packed:
            answer.content_encoding = "gzip"
        return answer

    def put_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("version_asked", version)

    app.add_url_rule("/static/<version_asked>/<path:filename>", "static", file)
    app.url_default_functions.setdefault(None, []).append(put_version)
