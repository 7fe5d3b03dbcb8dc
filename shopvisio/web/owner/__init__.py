"""The owner's side of the desk: settings and services, people and closures, the ledger and the outbox."""

from shopvisio.web.owner import ledger, people, settings
from shopvisio.web.owner.room import blueprint

__all__ = ["blueprint", "ledger", "people", "settings"]
