"""Numbers: one series a kind of paper and a year. F2026-000042, A2026-000003, R2026-000007. Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """The three sealed papers."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    NO_CHARGE_NOTE = "no_charge_note"


_LETTER = {Kind.INVOICE: "F", Kind.CREDIT_NOTE: "A", Kind.NO_CHARGE_NOTE: "R"}


def series(kind: Kind, year: int) -> str:
    """The series a paper of this kind and year belongs to: ``F2026``."""
    return f"{_LETTER[kind]}{year}"


def number(series: str, position: int) -> str:
    """The number of the paper at this position (from 1) of its series: ``F2026-000042``."""
    if position < 1:
        raise ValueError(f"a series begins at 1, not {position}")
    return f"{series}-{position:06d}"
