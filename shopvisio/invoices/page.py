"""A sealed paper as a page of HTML, in its reader's language: read from the templates, drawn by ``pdf``."""

import base64
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shopvisio import i18n, qr
from shopvisio.invoices import facturx
from shopvisio.invoices.facts import Snapshot
from shopvisio.invoices.numbering import Kind


def page(snapshot: Snapshot) -> str:
    """The paper as HTML, in the reader's language and zone."""
    with i18n.use(snapshot.facts.language, ZoneInfo(snapshot.facts.zone)):
        return _written(snapshot)


def _written(snapshot: Snapshot) -> str:
    name = "note.html" if snapshot.kind is Kind.NO_CHARGE_NOTE else "invoice.html"
    facts = snapshot.facts
    return templates().get_template(name).render(
        paper=snapshot, facts=facts, seller=facts.seller, buyer=facts.buyer, totals=snapshot.totals, due=snapshot.due,
        lines=facturx.sold(snapshot), natures=_natures(),
        staff=_once(visit.staff for visit in facts.visits),
        days=_once(i18n.here(visit.started).date() for visit in facts.visits),
        transfer=_transfer(snapshot) if snapshot.due > 0 and facts.seller.iban else "",
    )


@cache
def templates() -> Environment:
    """The templates of papers, with the words and filters they use; compiled once."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )
    environment.globals.update(_=i18n._, n_=i18n.n_, Kind=Kind)
    environment.filters.update(
        money=lambda cents: i18n.money(cents, decimals=True), unit=_unit, rate=_rate, day=i18n.day_year,
        short=i18n.day_short, time=i18n.time, days=_days, listed=_listed, fours=_fours, siret=_siret, siren=_siren,
        tied=_tied, whole=lambda text: text.replace(" ", i18n.NB), country=_country,
        bare=lambda address: address.removeprefix("https://").removeprefix("http://").rstrip("/"),
        stamp=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    )
    return environment


def _transfer(snapshot: Snapshot) -> str:
    """The EPC QR of a transfer (EPC069-12) as an image address: banking apps fill the form from it."""
    seller = snapshot.facts.seller
    image = qr.transfer(
        _ascii(seller.registered_name)[:70], "".join(seller.iban.split()), "".join(seller.bic.split()),
        Decimal(snapshot.due) / 100, snapshot.number, dark="#16201f",
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode()}"


def _ascii(name: str) -> str:
    """The name in plain letters: scanners disagree about any other."""
    for letter, plain in (("œ", "oe"), ("Œ", "OE"), ("æ", "ae"), ("Æ", "AE"), ("ß", "ss"), ("ø", "o"), ("’", "'")):
        name = name.replace(letter, plain)
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _natures() -> dict[str, str]:
    return {
        "services": i18n._("Prestation de services"), "goods": i18n._("Livraison de biens"),
        "mixed": i18n._("Biens et services"),
    }


def _once(items: Iterable[Any]) -> list[Any]:
    """Each item that says something, at its first place."""
    return list(dict.fromkeys(item for item in items if item))


def _listed(items: Sequence[str]) -> str:
    """``a, b et c``."""
    if len(items) < 2:
        return "".join(items)
    return i18n._("{some} et {last}", some=", ".join(items[:-1]), last=items[-1])


def _days(days: Sequence[date]) -> str:
    """``18 et 25 novembre 2026``; each day in full where the months differ."""
    if len({(day.year, day.month) for day in days}) > 1:
        return _listed([i18n.day_year(day) for day in days])
    return _listed([*(str(day.day) for day in days[:-1]), i18n.day_year(days[-1])])


def _unit(price: Any) -> str:
    """A net unit price, with the decimals it has beyond the cent."""
    text = i18n.money(int(price * 100), decimals=True)
    finer = f"{price:f}".partition(".")[2][2:].rstrip("0")
    last = max(place for place, sign in enumerate(text) if sign.isdigit()) + 1
    return text[:last] + finer + text[last:]


def _country(code: str) -> str:
    """The country's name; the code itself where it is none."""
    name: str = Locale.parse(i18n.language()).territories.get(code, code)
    return name


def _rate(points: int) -> str:
    figure = f"{points / 100:g}"
    return f"{figure.replace('.', ',')}{i18n.NB}%" if i18n.language() == "fr" else f"{figure}%"


def _fours(number: str) -> str:
    """``FR76 3000 …``, which stays on one line."""
    plain = "".join(number.split())
    return i18n.NB.join(plain[place:place + 4] for place in range(0, len(plain), 4))


def _tied(text: str) -> str:
    """The text, its groups of digits held together and to the word before them."""
    return re.sub(r" (?=\d)", i18n.NB, text)


def _siren(number: str) -> str:
    plain = "".join(number.split())
    return i18n.NB.join((plain[:3], plain[3:6], plain[6:]))


def _siret(number: str) -> str:
    plain = "".join(number.split())
    return i18n.NB.join((plain[:3], plain[3:6], plain[6:9], plain[9:]))
