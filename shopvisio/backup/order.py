"""How the child that writes and reads backups is asked."""

import json
from typing import Any

from shopvisio import child

SECONDS, MEGABYTES = 3 * 3600, 512


def ask(order: dict[str, Any]) -> dict[str, Any]:
    """The answer of :mod:`shopvisio.backup.sealed` to an order. It blocks, long. Raises Unavailable when it died."""
    told: dict[str, Any] = json.loads(
        child.run("shopvisio.backup.sealed", json.dumps(order).encode(), SECONDS, MEGABYTES)
    )
    return told
