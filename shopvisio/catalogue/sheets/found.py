"""What is found in a file or on a page: products as values, faults by line; and how their figures are read."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from html import unescape

from shopvisio.i18n import _

LONGEST_NAME, LONGEST_SUMMARY, LONGEST_LABEL, LONGEST_CODE, LONGEST_LINK = 200, 500, 120, 80, 2000
MOST_CENTS = 999_999_999
MOST_PIECES = 1_000_000
MOST_PICTURES = 12
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_RATES = (0, 210, 550, 1000, 2000)  # of France, in basis points


@dataclass(frozen=True)
class Choices:
    """What a file does not say: what day it is here, the rate of VAT in basis points, and whether its prices are
    without it."""

    today: date
    vat: int = 2000
    net: bool = False


@dataclass
class FoundVariant:
    """As :class:`shopvisio.catalogue.Variant`; ``picture`` is an address."""

    line: int
    price: int
    label: str = ""
    sku: str = ""
    barcode: str = ""
    stock: int | None = None
    outside: str = ""
    picture: str = ""


@dataclass
class FoundProduct:
    """As :class:`shopvisio.catalogue.Product`; ``vat`` None where nothing says it. ``has_faults``: some of its variants
    could not be read."""

    line: int
    name: str
    summary: str = ""
    url: str = ""
    vat: int | None = None
    options: str = ""
    outside: str = ""
    active: bool = True
    variants: list[FoundVariant] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    has_faults: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line (the first of the file is 1), in a sentence; ``what`` names the product."""

    line: int
    what: str
    why: str


@dataclass
class Sheet:
    """A file, read: of which ``kind``, of how many rows."""

    kind: str
    rows: int
    products: list[FoundProduct] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def blame(self, line: int, what: str, why: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(line, what, why))


class Unreadable(ValueError):
    """One cell cannot be used; its message is the sentence."""


def cents(text: str, without: int = 0) -> int:
    """``29,90``, ``1 234,50 €``, ``1,234.50``, ``24.916667``: cents with tax, rounded once. ``without`` is the rate
    that is still to be added. Raises Unreadable, also where a comma may be either of two things."""
    plain = re.sub(r"[\s\u00a0\u202f'’]|€|EUR", "", text)
    if not plain:
        raise Unreadable(_("il n’y a pas de prix."))
    if not re.fullmatch(r"\d[\d.,]{0,20}", plain, re.ASCII):
        raise Unreadable(_("« {cell} » n’est pas un prix.", cell=text[:40]))
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", plain):
        raise Unreadable(_("« {cell} » : est-ce en milliers ou avec trois décimales ?", cell=text[:40]))
    last = max(plain.rfind("."), plain.rfind(","))
    is_decimal = last >= 0 and plain.count(plain[last]) == 1
    whole, decimals = (plain[:last], plain[last + 1 :]) if is_decimal else (plain, "")
    whole = whole.replace(",", "").replace(".", "")
    found = _whole(Decimal(f"{whole}.{decimals or '0'}") * (10000 + without) / 100)
    if found > MOST_CENTS:
        raise Unreadable(_("« {cell} » : ce prix est trop grand.", cell=text[:40]))
    return found


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def rate_between(net: int, gross: int) -> int | None:
    """The rate that leads from the one price to the other; None where none of France does."""
    near = {vat: abs(_whole(Decimal(net) * (10000 + vat) / 10000) - gross) for vat in _RATES}
    best = min(near, key=lambda vat: near[vat])
    return best if net and near[best] <= 1 + gross // 1000 else None


def pieces(text: str) -> int | None:
    """How many there are, None for an empty cell; fewer than none is none. Raises Unreadable."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not plain:
        return None
    if not re.fullmatch(r"-?\d{1,9}(?:[.,]0*)?", plain):
        raise Unreadable(_("« {cell} » n’est pas un nombre de pièces.", cell=text[:40]))
    return min(max(0, int(re.split(r"[.,]", plain)[0])), MOST_PIECES)


def code(text: str) -> str:
    """A reference or a bar code, without the sign that keeps a spreadsheet from reckoning with it."""
    return text.removeprefix("'").strip()[:LONGEST_CODE]


def words(html: str, longest: int = LONGEST_SUMMARY) -> str:
    """A text without its markup, on one line, cut between words."""
    plain = " ".join(unescape(_TAG.sub(" ", html.replace("\\n", " "))).split())
    if len(plain) <= longest:
        return plain
    return plain[: longest - 1].rsplit(" ", 1)[0] + "…"


def yes(text: str, unsaid: bool) -> bool:
    """``1``, ``TRUE``, ``oui``, ``activé``; what an empty cell means is given."""
    plain = text.strip().lower()
    if not plain:
        return unsaid
    return plain in ("1", "true", "yes", "oui", "vrai", "enabled", "activé", "active", "actif", "taxable")


def addresses(text: str) -> list[str]:
    """The pictures of a cell, each an address."""
    found = re.split(r"\s*[,|]\s*(?=https?://)", text.strip())
    return [one for one in found if re.match(r"https?://\S+$", one) and len(one) <= LONGEST_LINK][:MOST_PICTURES]
