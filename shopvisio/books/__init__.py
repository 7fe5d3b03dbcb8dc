"""The books: closings of each day, month and year; what the accountant is given; the archive of a year.

The door. ``close_due`` runs after midnight; ``verify`` holds every closing against the ledger it sums up.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopvisio.books.archives import Archive, archived, keep, make, years
    from shopvisio.books.closings import Closing, close_due, closed, next_close, so_far, verify
    from shopvisio.books.sheets import SHEETS, entries, sheet, span_of

__all__ = [
    "SHEETS", "Archive", "Closing", "archived", "close_due", "closed", "entries", "keep", "make", "next_close",
    "sheet", "so_far", "span_of", "verify", "years",
]
_HOMES = {name: "archives" for name in ("Archive", "archived", "keep", "make", "years")} | {
    name: "sheets" for name in ("SHEETS", "entries", "sheet", "span_of")}


def __getattr__(name: str) -> Any:
    """The rooms behind the door, opened at first use: the child that writes an archive must not carry the database."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'closings')}"), name)
