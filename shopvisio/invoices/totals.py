"""Totals from prices with tax: what the customer pays is the advertised price, to the cent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopvisio.money import Price, split


@dataclass(frozen=True)
class Amount:
    """One line as the sums need it: cents with tax, and the VAT rate in basis points (0 = no VAT)."""

    gross: int
    rate: int


@dataclass(frozen=True)
class RateTotal:
    """All lines of one rate together."""

    rate: int
    price: Price


@dataclass(frozen=True)
class Totals:
    """``nets``: one net a line, in the order given; ``rates``: highest first; ``price``: the whole."""

    nets: tuple[int, ...]
    rates: tuple[RateTotal, ...]
    price: Price


def total(lines: Sequence[Amount], left: Mapping[int, Price] | None = None) -> Totals:
    """The totals of these lines, all in cents. ``left``: what each rate may not exceed, and is used up to the cent
    when nothing of it remains (a credit note's bound).

    VAT is split off once for each rate, not line by line, so it is never off by more than half a cent;
    the lines share the rate's net such that their sum is exact.
    """
    nets = [0] * len(lines)
    rates = []
    for rate in sorted({line.rate for line in lines}, reverse=True):
        places = [place for place, line in enumerate(lines) if line.rate == rate]
        price = split(sum(lines[place].gross for place in places), rate)
        if left is not None:
            price = _within(price, left[rate])
        shares = _share(price.net, [lines[place].gross for place in places])
        for place, share in zip(places, shares, strict=True):
            nets[place] = share
        rates.append(RateTotal(rate, price))
    net, gross = (sum(rate.price.net for rate in rates), sum(rate.price.gross for rate in rates))
    return Totals(tuple(nets), tuple(rates), Price(net, gross - net, gross))


def _within(price: Price, left: Price) -> Price:
    """The same gross, its net and its VAT both within what is left. Raises ValueError when the gross is not."""
    if price.gross > left.gross:
        raise ValueError(f"{price.gross} of {left.gross}")
    net = min(max(price.net, price.gross - left.vat), left.net)
    return Price(net, price.gross - net, price.gross)


def _share(whole: int, weights: Sequence[int]) -> list[int]:
    """``whole`` cut in proportion to the weights: rounded down, the rest to the largest remainders."""
    heavy = sum(weights) or 1
    shares = [whole * weight // heavy for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(whole * weights[place] % heavy))
    for place in by_remainder[:whole - sum(shares)]:
        shares[place] += 1
    return shares
