"""The invoice for machines: Factur-X (EN 16931) XML out of a snapshot. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shopvisio.invoices.facts import Line, Snapshot
from shopvisio.invoices.numbering import Kind
from shopvisio.money import split

_TYPE = {Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381"}
_PROCESS = {"goods": "B", "services": "S", "mixed": "M"}   # French business processes: 1 to be paid, 2 paid


@dataclass(frozen=True)
class Sold:
    """A line as it is printed, without tax: ``before`` and ``discount`` make ``net``, in cents; ``unit`` in euros."""

    line: Line
    before: int
    discount: int
    net: int
    unit: Decimal


def sold(snapshot: Snapshot) -> list[Sold]:
    """The lines of a paper with their net amounts."""
    lines = zip(snapshot.facts.lines, snapshot.totals.nets, strict=True)
    return [_sold(line, net, 0 if snapshot.facts.seller.franchise else line.rate) for line, net in lines]


def _sold(line: Line, net: int, rate: int) -> Sold:
    before = net + split(line.discount, rate).net
    return Sold(line, before, before - net, net, unit(before, line.quantity))


def amount(cents: int) -> str:
    """Cents as machines read them: ``24.17``. Never negative here."""
    return f"{cents // 100}.{cents % 100:02d}"


def unit(net: int, quantity: int) -> Decimal:
    """The net price of one, in euros: two decimals, up to four where the division does not end."""
    price = (Decimal(net) / 100 / quantity).quantize(Decimal("0.0001"))
    return price.quantize(Decimal("0.01")) if price == price.quantize(Decimal("0.01")) else price


def rate(points: int) -> str:
    """Basis points as a percentage: ``20``, ``5.5``."""
    return f"{points / 100:g}"


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)
_templates.filters.update(amount=amount, rate=rate)


def xml(snapshot: Snapshot) -> bytes:
    """The cross-industry invoice of an invoice or credit note, UTF-8."""
    facts, zone = snapshot.facts, ZoneInfo(snapshot.facts.zone)
    due = snapshot.totals.price.gross - facts.paid

    def day(moment: date | datetime) -> str:
        local = moment.astimezone(zone) if isinstance(moment, datetime) else moment
        return f"{local:%Y%m%d}"

    return _templates.get_template("facturx.xml").render(
        paper=snapshot, facts=facts, seller=facts.seller, buyer=facts.buyer, totals=snapshot.totals,
        type=_TYPE[snapshot.kind], due=due, day=day, lines=sold(snapshot),
        served=max(visit.ended for visit in facts.visits),
        process=_PROCESS[snapshot.nature] + ("1" if due else "2"),
    ).encode()
