"""The accounting entries of a year in the French layout (fichier des écritures comptables, article A47 A-1 of the LPF):
eighteen columns parted by tabs, one line a movement. Pure.

The accounts are those of the general chart; an accountant who uses others renames them on import. VAT is told when it
is billed: a shop that owes it on services when it is paid has that corrected by its accountant.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
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
JOURNALS = {"VE": "Ventes", "BQ": "Banque", "CA": "Caisse"}
ACCOUNTS = {
    "411000": "Clients",
    "445710": "TVA collectée",
    "511200": "Chèques à encaisser",
    "511500": "Cartes à encaisser",
    "512000": "Banque",
    "530000": "Caisse",
    "706000": "Prestations de services",
    "707000": "Ventes de marchandises",
}
CUSTOMERS, VAT, SERVICES, GOODS = "411000", "445710", "706000", "707000"
POTS = {"cash": ("CA", "530000"), "cheque": ("BQ", "511200"), "card": ("BQ", "511500"), "online": ("BQ", "511500")}
BANK = ("BQ", "512000")
_CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class Entry:
    """One entry: ``moves`` are (account, cents), debit positive, that sum to nothing; ``who`` is the customer's number
    and name; ``piece`` the paper's number and its day."""

    at: datetime
    journal: str
    label: str
    piece: tuple[str, str]
    who: tuple[str, str]
    moves: tuple[tuple[str, int], ...]


def written(snapshots: Iterable[str], payments: Iterable[tuple[dict[str, Any], str]], zone: ZoneInfo) -> str:
    """The whole file. ``payments``: each line of the journal with the snapshot of its paper."""
    sold = (_sale(said, zone) for said in map(json.loads, snapshots) if said["totals"]["rates"])
    paid = (_payment(line, json.loads(said), zone) for line, said in payments)
    entries = sorted((*sold, *paid), key=lambda entry: entry.at)
    lines = [HEAD, *(line for number, entry in enumerate(entries, 1) for line in _lines(entry, number))]
    return "".join("\t".join(line) + "\r\n" for line in lines)


def _sale(said: dict[str, Any], zone: ZoneInfo) -> Entry:
    sign = -1 if said["kind"] == _CREDIT_NOTE else 1
    at, facts, totals = datetime.fromisoformat(said["issued_at"]).astimezone(zone), said["facts"], said["totals"]
    nets = {SERVICES: 0, GOODS: 0}
    for line, net in zip(facts["lines"], totals["nets"], strict=True):
        nets[GOODS if line["goods"] else SERVICES] += net
    price = totals["price"]
    moves = ((CUSTOMERS, price["gross"]), *((name, -net) for name, net in nets.items()), (VAT, -price["vat"]))
    label = f"{'Avoir' if sign < 0 else 'Facture'} {said['number']}"
    signed = tuple((name, sign * cents) for name, cents in moves if cents)
    return Entry(at, "VE", label, (said["number"], f"{at:%Y%m%d}"), _who(said), signed)


def _payment(line: dict[str, Any], said: dict[str, Any], zone: ZoneInfo) -> Entry:
    at = datetime.fromisoformat(line["at"]).astimezone(zone)
    issued = datetime.fromisoformat(said["issued_at"]).astimezone(zone)
    journal, pot = POTS.get(line["method"], BANK)
    what = "Annulation" if line["corrects_id"] else "Règlement" if line["cents"] > 0 else "Remboursement"
    moves = ((pot, line["cents"]), (CUSTOMERS, -line["cents"]))
    piece = (said["number"], f"{issued:%Y%m%d}")
    return Entry(at, journal, f"{what} {said['number']}", piece, _who(said), moves)


def _who(said: dict[str, Any]) -> tuple[str, str]:
    return _plain(said["facts"]["case"]), _plain(said["facts"]["buyer"]["name"])


def _lines(entry: Entry, number: int) -> Iterator[Sequence[str]]:
    day = f"{entry.at:%Y%m%d}"
    for account, cents in entry.moves:
        who = entry.who if account == CUSTOMERS else ("", "")
        sides = (amount(max(cents, 0)), amount(max(-cents, 0)))
        yield (
            entry.journal, JOURNALS[entry.journal], str(number), day, account, ACCOUNTS[account], *who, *entry.piece,
            entry.label, *sides, "", "", day, "", "",
        )  # fmt: skip


def _plain(text: str) -> str:
    """Without what parts columns and lines."""
    return " ".join(text.replace("|", " ").split())
