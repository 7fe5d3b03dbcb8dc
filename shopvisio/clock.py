"""The only reading of the wall clock, and what is known of its error."""

from datetime import UTC, datetime, timedelta

TRUSTED = timedelta(minutes=5)  # by how much it may be off and still date papers

_ahead = timedelta()


def now() -> datetime:
    """The present instant, aware, in UTC. Read once at the edge, then passed on."""
    return datetime.now(UTC)


def ahead() -> timedelta:
    """By how much this clock is ahead of the outside one that the owner named; nothing where none is known."""
    return _ahead


def set_ahead(by: timedelta) -> None:
    """What an outside clock said."""
    global _ahead
    _ahead = by
