"""The only reading of the wall clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC. Read once at the edge, then passed on."""
    return datetime.now(UTC)
