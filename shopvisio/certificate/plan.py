"""When a certificate is ordered, and when not: PURE.

It is renewed at two thirds of its life, however long that is. Whatever fails waits: a quarter of an hour at least, and
longer each time, so that an authority never has a reason to shut the shop out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Protocol

from shopvisio.tls import Facts

APART = timedelta(minutes=15)  # between two tries, whatever the owner asks
HOUR, FAILED_AN_HOUR = timedelta(hours=1), 4  # an authority shuts out for the hour whoever fails five times in it
PATIENCE = tuple(timedelta(minutes=m) for m in (15, 30, 60, 120, 240, 360))  # after so many failures in a row
AT_ONCE = datetime.min.replace(tzinfo=UTC)


class Tried(Protocol):
    """One order that was made, for which name; ``code`` is why it failed, empty when it did not."""

    at: datetime
    name: str
    code: str


def renewal(facts: Facts) -> datetime:
    """When this certificate is to be followed by another."""
    return facts.since + (facts.until - facts.since) * 2 / 3


def due(present: Facts | None, name: str, tries: Sequence[Tried], now: datetime, is_asked: bool = False) -> datetime:
    """When a certificate for ``name`` is ordered next, ``tries`` being the latest first. ``is_asked``: the owner mended
    something, and does not want to wait longer than must be."""
    fits = present is not None and name in present.names
    wanted = renewal(present) if present is not None and fits else AT_ONCE
    return max(wanted, allowed([one for one in tries if one.at <= now], name, is_asked))


def allowed(tries: Sequence[Tried], name: str, is_asked: bool) -> datetime:
    """From when on one more try is fair to the authority. What a wrong clock wrote into the future is not in there."""
    if not tries:
        return AT_ONCE
    bounds = [tries[0].at + APART]
    failed = [one for one in tries if one.code]
    if len(failed) >= FAILED_AN_HOUR:
        bounds.append(failed[FAILED_AN_HOUR - 1].at + HOUR)
    row = len(list(takewhile(lambda one: one.code and one.name == name, tries)))
    if row and not is_asked:
        bounds.append(tries[0].at + PATIENCE[min(row, len(PATIENCE)) - 1])
    return max(bounds)
