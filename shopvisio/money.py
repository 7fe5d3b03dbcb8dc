"""Amounts are integer cents; rates are basis points (2000 = 20 %). Prices are entered with tax."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Price:
    """Net, VAT and gross in cents, which cannot disagree.

    Raises ValueError when ``net + vat != gross``.
    """

    net: int
    vat: int
    gross: int

    def __post_init__(self) -> None:
        if self.net + self.vat != self.gross:
            raise ValueError(f"{self.net} + {self.vat} != {self.gross}")


def split(gross: int, rate: int) -> Price:
    """What a price with tax is made of: the net is rounded, the VAT is the rest.

    So the customer pays the advertised price to the cent, whatever the rate.
    """
    net = int((Decimal(gross) * 10000 / (10000 + rate)).quantize(Decimal(1), ROUND_HALF_UP))
    return Price(net, gross - net, gross)


def cents(typed: str) -> int:
    """Cents from what a person types: ``29``, ``29,90``, ``1 234.5 €``.

    Raises ValueError on anything else, negative amounts and more than two decimals included.
    """
    plain = "".join(typed.split()).replace("\u202f", "").replace("€", "").replace(",", ".")
    whole, point, decimals = plain.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 7:
        raise ValueError(typed)
    if point and not (decimals.isascii() and decimals.isdigit() and len(decimals) <= 2):
        raise ValueError(typed)
    return int(whole) * 100 + int((decimals + "00")[:2])
