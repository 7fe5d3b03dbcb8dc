"""The books as rows of plain words, for spreadsheets. Pure: the archive makes them too, without the appliance.

Amounts are written as a French spreadsheet reads them: ``24,17``, a credit note's with a minus.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

SALES = ("date", "numero", "type", "dossier", "client", "siren", "taux_tva", "ht", "tva", "ttc", "facture_corrigee")
PAYMENTS = ("date", "heure", "ligne", "papier", "moyen", "montant", "corrige_ligne", "note_par")
REPORT = ("date", "clients", "categorie", "taux_tva", "ht", "tva", "ttc", "nombre", "encaisse_services")
CLOSINGS = ("type", "periode", "facture", "avoirs", "ht", "tva", "encaisse", "rembourse", "facture_perpetuel",
            "avoirs_perpetuel", "encaisse_perpetuel", "rembourse_perpetuel", "empreinte")
_KINDS = {"invoice": "facture", "credit_note": "avoir"}
Row = Sequence[str]


def written(head: Row, rows: Iterable[Row]) -> str:
    """The sheet as text; what a spreadsheet would take for a formula is not one."""
    text = io.StringIO()
    sheet = csv.writer(text, delimiter=";", lineterminator="\r\n")
    sheet.writerow(head)
    sheet.writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()


def _harmless(cell: str) -> str:
    is_amount = cell.lstrip("-").replace(",", "").isdigit()
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and not is_amount and cell else cell


def amount(cents: int) -> str:
    """``-24,17``."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02}"


def rate(points: int) -> str:
    """``5,5``."""
    return f"{points / 100:g}".replace(".", ",")


def sales(snapshots: Iterable[str], zone: ZoneInfo) -> Iterator[Row]:
    """One row a paper and rate; no-charge notes are no sales."""
    for said in map(json.loads, snapshots):
        if said["kind"] not in _KINDS:
            continue
        sign = 1 if said["kind"] == "invoice" else -1
        day, buyer = _day(said["issued_at"], zone), said["facts"]["buyer"]
        corrected = said["corrects"]["number"] if said["corrects"] else ""
        head = (day, said["number"], _KINDS[said["kind"]], said["facts"]["case"], buyer["name"], buyer["siren"])
        for by_rate in said["totals"]["rates"]:
            price = by_rate["price"]
            figures = (amount(sign * price[name]) for name in ("net", "vat", "gross"))
            yield (*head, rate(by_rate["rate"]), *figures, corrected)


def payments(lines: Iterable[dict[str, Any]], methods: dict[str, str], zone: ZoneInfo) -> Iterator[Row]:
    """One row a line of the journal, as it is sealed."""
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(zone)
        corrected = str(line["corrects_id"] or "")
        yield (f"{at:%Y-%m-%d}", f"{at:%H:%M}", str(line["id"]), line["number"], methods[line["method"]],
               amount(line["cents"]), corrected, line["by"])


def closings(kept: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """One row a closing."""
    names = {"day": "jour", "month": "mois", "year": "année"}
    for closing in kept:
        told = json.loads(closing["totals"])
        net, vat = (sum(figures[place] for figures in told["rates"].values()) for place in (0, 1))
        moved = (sum(told[pot].values()) for pot in ("received", "given_back"))
        ever = (told["perpetual"][name] for name in ("invoiced", "credited", "received", "given_back"))
        figures = (told["invoiced"], told["credited"], net, vat, *moved, *ever)
        yield (names[closing["kind"]], closing["period"], *map(amount, figures), closing["hash"])


def report(snapshots: Iterable[str], received: Iterable[tuple[str, str, int]], zone: ZoneInfo) -> Iterator[Row]:
    """E-reporting: per day, kind of customer, kind of sale and rate, what was sold, and what was received for services.

    ``received``: (when, snapshot of the paper it was received for, cents, negative when given back).
    """
    sold: dict[tuple[str, ...], list[int]] = {}
    for said in map(json.loads, snapshots):
        if said["kind"] in _KINDS:
            _sell(sold, said, _day(said["issued_at"], zone))
    for at, snapshot, cents in received:
        _receive(sold, json.loads(snapshot), _day(at, zone), cents)
    for (day, who, what, points), figures in sorted(sold.items()):
        net, vat, gross, count, paid = figures
        yield (day, who, what, rate(int(points)), amount(net), amount(vat), amount(gross), str(count), amount(paid))


def _sell(sold: dict[tuple[str, ...], list[int]], said: dict[str, Any], day: str) -> None:
    sign, seen = 1 if said["kind"] == "invoice" else -1, set()
    for line, net in zip(said["facts"]["lines"], said["totals"]["nets"], strict=True):
        figures = sold.setdefault(_key(said, line, day), [0, 0, 0, 0, 0])
        gross = _gross(line)
        for place, more in enumerate((net, gross - net, gross)):
            figures[place] += sign * more
        seen.add(_key(said, line, day))
    for key in seen:
        sold[key][3] += 1


def _receive(sold: dict[tuple[str, ...], list[int]], said: dict[str, Any], day: str, cents: int) -> None:
    """A payment is shared among the lines by their price; what falls to services is told."""
    lines = said["facts"]["lines"]
    whole, done, given = sum(map(_gross, lines)), 0, 0
    for line in lines:
        done += _gross(line)
        share = cents * done // whole - given
        given += share
        if not line["goods"]:
            sold.setdefault(_key(said, line, day), [0, 0, 0, 0, 0])[4] += share


def _key(said: dict[str, Any], line: dict[str, Any], day: str) -> tuple[str, ...]:
    facts = said["facts"]
    points = 0 if facts["seller"]["franchise"] else line["rate"]
    return (day, "entreprises" if facts["buyer"]["siren"] else "particuliers",
            "biens" if line["goods"] else "services", str(points))


def _gross(line: dict[str, Any]) -> int:
    return int(line["quantity"] * line["price"] - line.get("discount", 0))


def _day(moment: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d}"
