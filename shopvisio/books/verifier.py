"""Vérifie une archive annuelle. Python seul suffit : python3 verifier.py [archive.zip ou dossier]

Checks a year's archive with Python alone: the digest of every file, the three chains, each PDF against its paper, every
paper's amounts against each other, and every closing against the papers and payments it sums up.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HASHED = {
    "papiers": ("id", "kind", "series", "position", "number", "case_id", "issued_at", "gross", "corrects_id",
                "snapshot"),
    "paiements": ("id", "paper_id", "at", "cents", "method", "by", "corrects_id"),
    "clotures": ("id", "kind", "period", "until", "closed_at", "totals"),
}
Read = Callable[[str], bytes]
Row = dict[str, Any]


def opened(place: Path) -> Read:
    """How to read one of the archive's files."""
    if place.is_dir():
        return lambda name: (place / name).read_bytes()
    zipped = zipfile.ZipFile(place)
    return zipped.read


def faults(read: Read) -> Iterator[str]:
    """Everything that is not as it should be."""
    lines = (line.split("  ", 1) for line in read("SHA256SUMS").decode().splitlines())
    sums = {name: digest for digest, name in lines}
    for name, digest in sums.items():
        try:
            if hashlib.sha256(read(name)).hexdigest() != digest:
                yield f"{name} : ce fichier a été changé"
        except (KeyError, OSError):
            yield f"{name} : ce fichier manque"
    kept = {name: [json.loads(line) for line in read(f"{name}.jsonl").decode().splitlines()] for name in HASHED}
    for name, rows in kept.items():
        yield from _chain_faults(name, rows)
    for paper in kept["papiers"]:
        yield from _paper_faults(paper, sums)
    yield from _series_faults(kept["papiers"])
    yield from _closing_faults(kept)


def _chain_faults(name: str, rows: list[Row]) -> Iterator[str]:
    before: Row | None = None
    for row in rows:
        told = {field: row[field] for field in HASHED[name]}
        line = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if hashlib.sha256(f"{row['previous']}\n{line}".encode()).hexdigest() != row["hash"]:
            yield f"{name}, {row['id']} : cette ligne a été changée"
        if before and (row["previous"] != before["hash"] or row["id"] != before["id"] + 1):
            yield f"{name}, {row['id']} : la chaîne est rompue avant cette ligne"
        before = row


def _paper_faults(paper: Row, sums: dict[str, str]) -> Iterator[str]:
    said, number = json.loads(paper["snapshot"]), paper["number"]
    price, rates = said["totals"]["price"], said["totals"]["rates"]
    if (said["number"], price["gross"]) != (number, paper["gross"]):
        yield f"{number} : ce papier ne dit pas la même chose que sa ligne"
    for part in ("net", "vat", "gross"):
        if sum(rate["price"][part] for rate in rates) != price[part]:
            yield f"{number} : les sommes par taux ne font pas le total ({part})"
    if price["net"] + price["vat"] != price["gross"]:
        yield f"{number} : HT et TVA ne font pas le TTC"
    if paper["sha256"] and sums.get(f"pdf/{number}.pdf") != paper["sha256"]:
        yield f"{number} : ce n'est pas le PDF qui a été remis"


def _series_faults(papers: list[Row]) -> Iterator[str]:
    reached: dict[str, int] = {}
    for paper in papers:
        expected = reached.get(paper["series"], 0) + 1
        if paper["position"] != expected:
            yield f"{paper['number']} : il manque un numéro avant celui-ci"
        reached[paper["series"]] = paper["position"]


def _closing_faults(kept: dict[str, list[Row]]) -> Iterator[str]:
    """Each day against its papers and payments; a month and a year against their days."""
    days = [row for row in kept["clotures"] if row["kind"] == "day"]
    seen = {"papiers": min((row["id"] for row in kept["papiers"]), default=1) - 1,
            "paiements": min((row["id"] for row in kept["paiements"]), default=1) - 1}
    for row in days:
        told = json.loads(row["totals"])
        papers = [one for one in kept["papiers"] if seen["papiers"] < one["id"] <= told["last_paper"]]
        lines = [one for one in kept["paiements"] if seen["paiements"] < one["id"] <= told["last_payment"]]
        seen = {"papiers": max(seen["papiers"], told["last_paper"]),
                "paiements": max(seen["paiements"], told["last_payment"])}
        if (told["invoiced"], told["credited"]) != (_gross(papers, "invoice"), _gross(papers, "credit_note")):
            yield f"clôture {row['period']} : les ventes ne sont pas celles des papiers"
        if _moved(told) != sum(one["cents"] for one in lines):
            yield f"clôture {row['period']} : l'argent n'est pas celui des paiements"
    for row in kept["clotures"]:
        if row["kind"] != "day":
            yield from _sum_faults(row, [json.loads(day["totals"]) for day in days
                                         if day["period"].startswith(f"{row['period']}-")])


def _gross(papers: list[Row], kind: str) -> int:
    return sum(int(paper["gross"]) for paper in papers if paper["kind"] == kind)


def _moved(told: Row) -> int:
    return int(sum(told["received"].values()) - sum(told["given_back"].values()))


def _sum_faults(row: Row, days: list[Row]) -> Iterator[str]:
    told = json.loads(row["totals"])
    for name in ("invoiced", "credited"):
        if told[name] != sum(day[name] for day in days):
            yield f"clôture {row['period']} : {name} n'est pas la somme des jours"
    if _moved(told) != sum(map(_moved, days)):
        yield f"clôture {row['period']} : l'argent n'est pas la somme des jours"
    if days and told["perpetual"] != days[-1]["perpetual"]:
        yield f"clôture {row['period']} : les totaux perpétuels ne sont pas ceux du dernier jour"


def main() -> int:
    """0 when all of it holds."""
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    read = opened(place)
    found = list(faults(read))
    for fault in found:
        print(fault)
    papers = len(read("papiers.jsonl").splitlines())
    print(f"{papers} papiers : " + (f"{len(found)} défauts" if found else "tout est intact"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
