"""The accounting entries of a year in the French layout (fichier des écritures comptables, article A47 A-1 of the LPF):
eighteen columns parted by tabs, one line a movement. Pure.

The accounts are given, by what each is for (a word of LABELS). VAT is told when it is billed: a shop that owes it on
services when it is paid has that corrected by its accountant.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shopvisio.books.rows import amount

HEAD = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
JOURNALS = {"VE": "Ventes", "BQ": "Banque", "CA": "Caisse", "OD": "Opérations diverses"}
LABELS = {
    "customers": "Clients",
    "vat": "TVA collectée",
    "cheques": "Chèques à encaisser",
    "cards": "Cartes à encaisser",
    "bank": "Banque",
    "cash": "Caisse",
    "services": "Prestations de services",
    "goods": "Ventes de marchandises",
    "bonus": "Bonus Réparation à recevoir",
}
POTS = {
    "cash": ("CA", "cash"),
    "cheque": ("BQ", "cheques"),
    "card": ("BQ", "cards"),
    "online": ("BQ", "cards"),
    "bonus": ("OD", "bonus"),
}
BANK = ("BQ", "bank")
_CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class Entry:
    """One entry: ``moves`` are (what the account is for, cents), debit positive, that sum to nothing; ``who`` is the
    customer's number and name; ``piece`` the paper's number and its day."""

    at: datetime
    journal: str
    label: str
    piece: tuple[str, str]
    who: tuple[str, str]
    moves: tuple[tuple[str, int], ...]


def written(
    snapshots: Iterable[str],
    payments: Iterable[tuple[dict[str, Any], str]],
    accounts: Mapping[str, str],
    zone: ZoneInfo,
) -> str:
    """The whole file. ``payments``: each line of the journal with the snapshot of its paper; ``accounts``: the number
    of each of LABELS."""
    sold = (_sale(said, zone) for said in map(json.loads, snapshots) if said["totals"]["rates"])
    paid = (_payment(line, json.loads(said), zone) for line, said in payments)
    entries = sorted((*sold, *paid), key=lambda entry: entry.at)
    lines = [HEAD, *(line for number, entry in enumerate(entries, 1) for line in _lines(entry, number, accounts))]
    return "".join("\t".join(line) + "\r\n" for line in lines)


def _sale(said: dict[str, Any], zone: ZoneInfo) -> Entry:
    sign = -1 if said["kind"] == _CREDIT_NOTE else 1
    at, facts, totals = datetime.fromisoformat(said["issued_at"]).astimezone(zone), said["facts"], said["totals"]
    nets = {"services": 0, "goods": 0}
    for line, net in zip(facts["lines"], totals["nets"], strict=True):
        nets["goods" if line["goods"] else "services"] += net
    price = totals["price"]
    moves = (("customers", price["gross"]), *((name, -net) for name, net in nets.items()), ("vat", -price["vat"]))
    label = f"{'Avoir' if sign < 0 else 'Facture'} {said['number']}"
    signed = tuple((name, sign * cents) for name, cents in moves if cents)
    return Entry(at, "VE", label, (said["number"], f"{at:%Y%m%d}"), _who(said), signed)


def _payment(line: dict[str, Any], said: dict[str, Any], zone: ZoneInfo) -> Entry:
    at = datetime.fromisoformat(line["at"]).astimezone(zone)
    issued = datetime.fromisoformat(said["issued_at"]).astimezone(zone)
    journal, pot = POTS.get(line["method"], BANK)
    what = "Annulation" if line["corrects_id"] else "Règlement" if line["cents"] > 0 else "Remboursement"
    moves = ((pot, line["cents"]), ("customers", -line["cents"]))
    piece = (said["number"], f"{issued:%Y%m%d}")
    return Entry(at, journal, f"{what} {said['number']}", piece, _who(said), moves)


def _who(said: dict[str, Any]) -> tuple[str, str]:
    return _plain(said["facts"]["case"]), _plain(said["facts"]["buyer"]["name"])


def _lines(entry: Entry, number: int, accounts: Mapping[str, str]) -> Iterator[Sequence[str]]:
    day = f"{entry.at:%Y%m%d}"
    for name, cents in entry.moves:
        who = entry.who if name == "customers" else ("", "")
        sides = (amount(max(cents, 0)), amount(max(-cents, 0)))
        yield (
            entry.journal, JOURNALS[entry.journal], str(number), day, accounts[name], LABELS[name], *who,
            *entry.piece, entry.label, *sides, "", "", day, "", "",
        )  # fmt: skip


def _plain(text: str) -> str:
    """Without what parts columns and lines."""
    return " ".join(text.replace("|", " ").split())
