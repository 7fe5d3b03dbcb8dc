"""What the owner signs for the tax office: which program this is, to the byte, and how it keeps its papers."""

import hashlib
import json
from datetime import date
from functools import cache
from pathlib import Path

from shopvisio import __version__, imprint, settings
from shopvisio.invoices.codec import to_json

ROOT = Path(__file__).parent
LEFT_OUT = ("__pycache__", "vendor")  # made from the rest, or by others


@cache
def digest() -> str:
    """The SHA-256 of this program: of every file of its own, by name and content."""
    whole = hashlib.sha256()
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not set(path.parts) & set(LEFT_OUT):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{content}  {path.relative_to(ROOT).as_posix()}\n".encode())
    return whole.hexdigest()


def told(on: date) -> str:
    """What the page to sign says, as JSON for the child that draws it."""
    return json.dumps(
        {
            "seller": to_json(imprint.seller(on)),
            "version": __version__,
            "digest": digest(),
            "on": on.isoformat(),
            "language": settings.get("language"),
            "zone": settings.get("zone"),
        }
    )
