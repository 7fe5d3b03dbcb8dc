"""What papers and payments come to, in cents: invoices and credit notes, VAT by rate, money by method. Pure."""

import json
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

Totals = dict[str, Any]

NOTHING: Totals = {
    "invoices": 0,
    "credit_notes": 0,
    "notes": 0,
    "invoiced": 0,  # with tax
    "credited": 0,
    "rates": {},  # basis points -> [net, VAT, gross], credit notes taken off
    "received": {},  # method -> cents, mistakes taken off
    "given_back": {},
    "last_paper": 0,  # places in the chains
    "last_payment": 0,
    "perpetual": {"invoiced": 0, "credited": 0, "received": 0, "given_back": 0},
}
_COUNTED = {"invoice": "invoices", "credit_note": "credit_notes", "no_charge_note": "notes"}


def of_snapshots(papers: Iterable[tuple[int, str, str]]) -> Totals:
    """What these papers come to: (place, kind, snapshot as JSON) each."""
    found = deepcopy(NOTHING)
    for place, kind, snapshot in papers:
        found[_COUNTED[kind]] += 1
        found["last_paper"] = place
        if kind != "no_charge_note":
            _count(found, kind, json.loads(snapshot)["totals"])
    return found


def _count(found: Totals, kind: str, totals: Totals) -> None:
    sign = 1 if kind == "invoice" else -1
    found["invoiced" if sign > 0 else "credited"] += totals["price"]["gross"]
    for rate in totals["rates"]:
        price = rate["price"]
        _grow(found["rates"], str(rate["rate"]), [sign * price["net"], sign * price["vat"], sign * price["gross"]])


def _grow(rates: dict[str, list[int]], rate: str, by: list[int]) -> None:
    rates[rate] = [was + more for was, more in zip(rates.get(rate, [0, 0, 0]), by, strict=True)]


def of_payments(lines: Iterable[tuple[int, str, int, str]]) -> Totals:
    """What these lines come to: (place, method, cents, kind of the paper) each."""
    found = deepcopy(NOTHING)
    for place, method, cents, kind in lines:
        found["last_payment"] = place
        pot, amount = (found["given_back"], -cents) if kind == "credit_note" else (found["received"], cents)
        pot[method] = pot.get(method, 0) + amount
    return found


def add(*parts: Totals) -> Totals:
    """All of them together; the places are the furthest, the perpetual totals are left at nothing."""
    found = deepcopy(NOTHING)
    for part in parts:
        for name in ("invoices", "credit_notes", "notes", "invoiced", "credited"):
            found[name] += part[name]
        for rate, by in part["rates"].items():
            _grow(found["rates"], rate, by)
        for pot in ("received", "given_back"):
            for method, cents in part[pot].items():
                found[pot][method] = found[pot].get(method, 0) + cents
        for place in ("last_paper", "last_payment"):
            found[place] = max(found[place], part[place])
    return found
