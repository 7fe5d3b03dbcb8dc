"""The papers: sealed invoices, credit notes and no-charge notes, and their PDF.

The door. ``issue`` and ``credit`` seal a paper inside the caller's ``db.writing()``; after the commit
``make_pdf`` draws it in a child process and ``store_pdf`` keeps the bytes. ``verify`` checks it all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopvisio.invoices import chain
    from shopvisio.invoices.draw import make_pdf, self_test
    from shopvisio.invoices.facts import (
        Address,
        Buyer,
        Corrected,
        Facts,
        Line,
        Note,
        Report,
        Seller,
        Snapshot,
        Tried,
        Visit,
    )
    from shopvisio.invoices.ledger import (
        Fault,
        Paper,
        PaperFile,
        broken_seals,
        count,
        credit,
        credited,
        credits_of,
        is_taken_back,
        issue,
        left_of,
        of_case,
        pdf_of,
        read,
        store_pdf,
        verify,
    )
    from shopvisio.invoices.mentions import lacking
    from shopvisio.invoices.numbering import Kind

__all__ = [
    "Address", "Buyer", "Corrected", "Facts", "Fault", "Kind", "Line", "Note", "Paper", "PaperFile", "Report",
    "Seller", "Snapshot", "Tried", "Visit", "broken_seals", "chain", "count", "credit", "credited", "credits_of",
    "is_taken_back", "issue", "lacking", "left_of", "make_pdf", "of_case", "pdf_of", "read", "self_test",
    "store_pdf", "verify",
]
_VALUES = ("Address", "Buyer", "Corrected", "Facts", "Line", "Note", "Report", "Seller", "Snapshot", "Tried", "Visit")
_HOMES = dict.fromkeys(_VALUES, "facts") | {
    "make_pdf": "draw", "self_test": "draw", "lacking": "mentions", "Kind": "numbering",
}


def __getattr__(name: str) -> Any:
    """The rooms behind the door, opened at first use: the child that draws a PDF carries nothing but what draws."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "chain":
        return import_module(f"{__name__}.chain")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'ledger')}"), name)
