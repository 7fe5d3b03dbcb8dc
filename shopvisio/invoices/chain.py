"""The chain: each paper's hash holds the one before it, so nothing in between can change unseen. Pure."""

import hashlib
import json
from collections.abc import Mapping

FIRST = "0" * 64   # what stands before the first paper


def canonical(value: object) -> str:
    """The one way a value is written: JSON, keys sorted, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(previous: str, row: Mapping[str, object]) -> str:
    """The hash (SHA-256, hexadecimal) of a row that follows the hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{canonical(dict(row))}".encode()).hexdigest()
