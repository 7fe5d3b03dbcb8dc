"""The papers tried by themselves: one that is nobody's is drawn some moments after the start, and each day, by a child.

An update may take a font or a library away: the shop is to know before a customer waits for an invoice.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from shopvisio import clock, hub, invoices
from shopvisio.errors import Unavailable

log = logging.getLogger(__name__)

AFTER = 60.0  # seconds: people come in again first
EVERY = 24 * 3600.0
SECONDS = 40.0  # of patience with the child and its second try


@dataclass(frozen=True)
class Tried:
    """How it went, and when: ``seconds`` that it took, or the ``fault``."""

    at: datetime
    seconds: float = 0
    fault: str = ""


class PaperTest:
    """Keeps what was found last; ``last`` is None until it was tried."""

    last: Tried | None = None

    def run(self) -> None:
        """For ever, in a greenlet of its own."""
        hub.sleep(AFTER)
        while True:
            self.look()
            hub.sleep(EVERY)

    def look(self) -> Tried:
        """Try now; waits for the child, outside any write."""
        try:
            self.last = Tried(clock.now(), seconds=hub.in_thread(invoices.self_test, timeout=SECONDS))
        except (Unavailable, OSError) as failure:
            self.last = Tried(clock.now(), fault=str(failure) or type(failure).__name__)
            log.error("papers cannot be drawn: %s", self.last.fault)
        return self.last
