"""Whether the clock of this machine can be believed: appointments, reminders and papers all lean on it.

A clock that is set while the appliance runs is noticed by a second one, that nobody can set; one that was wrong before
is noticed by what the base already holds, and by the time server where the owner named one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shopvisio import clock
from shopvisio.cases import Entry
from shopvisio.db import db
from shopvisio.invoices import Paper

EVERY = 30.0  # seconds between two looks
LEAP = timedelta(minutes=2)  # from here on the clock was set, not trimmed
REMEMBERED = timedelta(hours=24)


@dataclass
class Watch:
    """Compares the clock with ``monotonic`` seconds. ``off`` is by how much it leapt in all, ``at`` when last."""

    now: datetime
    monotonic: float
    off: timedelta = timedelta()
    at: datetime | None = None

    def look(self, now: datetime, monotonic: float) -> timedelta:
        """One more look: by how much it leapt since the last; small differences are trimming, and are let go."""
        leap = (now - self.now) - timedelta(seconds=monotonic - self.monotonic)
        self.now, self.monotonic = now, monotonic
        if abs(leap) < LEAP:
            return timedelta()
        self.off, self.at = self.off + leap, now
        return leap

    def leapt(self, now: datetime) -> timedelta | None:
        """By how much it leapt within the last day, None where it did not, or came back since."""
        if self.at is None or abs(self.off) < LEAP or abs(now - self.at) > REMEMBERED:
            return None
        return self.off


def is_right(now: datetime) -> bool:
    """Whether papers may be dated by it."""
    return behind(now) is None and abs(clock.ahead()) <= clock.TRUSTED


def behind(now: datetime) -> timedelta | None:
    """By how much the clock is behind what was already written, None where it is not."""
    told = [db.session.scalar(select(func.max(Paper.issued_at))), _last_told()]
    latest = max((at for at in told if at is not None), default=None)
    return latest - now if latest is not None and latest - now > clock.TRUSTED else None


def _last_told() -> datetime | None:
    """When the newest line of any story was written."""
    return db.session.scalar(select(Entry.at).order_by(Entry.id.desc()).limit(1))
