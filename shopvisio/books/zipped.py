"""The child process that writes a year's archive: papers, payments and closings as sealed, their PDFs, sheets for eyes,
the digest of every file, and the program that checks all of it.

It reads the base alone, as it stood at one moment, with nothing but Python.
"""

import hashlib
import json
import sqlite3
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shopvisio.books import rows

READ_ME = """Archive de l'année {year}, faite le {made_at} par ShopVisio {version}.

papiers.jsonl    les factures, avoirs et comptes rendus tels que scellés, un par ligne
paiements.jsonl  le journal des paiements, tel que scellé
clotures.jsonl   les clôtures du jour, du mois et de l'année
pdf/             les PDF remis aux clients
*.csv            les mêmes chiffres, pour un tableur
SHA256SUMS       l'empreinte de chaque fichier
verifier.py      vérifie tout cela : python3 verifier.py (Python seul suffit, sans ShopVisio et sans réseau)

Les montants des fichiers .jsonl sont en centimes, toutes taxes comprises, et les taux en centièmes de pour cent.
"""
METHODS = {"cash": "espèces", "card": "carte", "transfer": "virement", "cheque": "chèque", "online": "carte en ligne",
           "bonus": "Bonus Réparation"}


def main() -> None:
    """One archive, as the order on standard input says."""
    order = json.loads(sys.stdin.read())
    made = write(Path(order["base"]), Path(order["file"]), order["year"], ZoneInfo(order["zone"]), order["made_at"])
    print(json.dumps(made))


def write(base: Path, file: Path, year: int, zone: ZoneInfo, made_at: str) -> dict[str, str | int]:
    """The archive of ``year``; answers its file's name, sha256, size and how many papers it holds."""
    first, after = (datetime(at, 1, 1, tzinfo=zone).astimezone(UTC) for at in (year, year + 1))
    unfinished = file.with_suffix(".part")
    kept = sqlite3.connect(f"file:{base}?mode=ro", uri=True)
    with closing(kept) as found, zipfile.ZipFile(unfinished, "w") as zipped:
        found.row_factory = sqlite3.Row
        found.execute("BEGIN")   # one moment for all of it
        count = _fill(zipped, _Year(found, _stored(first), _stored(after), zone), year, made_at)
    unfinished.rename(file)
    with file.open("rb") as whole:
        digest = hashlib.file_digest(whole, "sha256").hexdigest()
    return {"file": file.name, "sha256": digest, "size": file.stat().st_size, "papers": count}


def _stored(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.000000}"


class _Year:
    """The rows of one year, as their hashes know them."""

    def __init__(self, base: sqlite3.Connection, first: str, after: str, zone: ZoneInfo) -> None:
        self.base, self.span, self.zone = base, (first, after), zone

    def papers(self) -> Iterator[dict[str, Any]]:
        """The sealed papers, each with the digest of its PDF."""
        found = self.base.execute(
            "SELECT papers.*, sha256 FROM papers LEFT JOIN paper_files ON paper_id = papers.id "
            "WHERE issued_at >= ? AND issued_at < ? ORDER BY papers.id", self.span)
        for row in found:
            yield dict(row) | {"issued_at": _iso(row["issued_at"])}

    def payments(self) -> Iterator[dict[str, Any]]:
        """The journal."""
        found = self.base.execute(
            "SELECT payment.*, number FROM payment JOIN papers ON papers.id = paper_id "
            "WHERE at >= ? AND at < ? ORDER BY payment.id", self.span)
        for row in found:
            yield dict(row) | {"at": _iso(row["at"])}

    def closings(self) -> Iterator[dict[str, Any]]:
        """The closings of periods that end in the year, or with it."""
        found = self.base.execute(
            'SELECT * FROM closing WHERE "until" > ? AND "until" <= ? ORDER BY id', self.span)
        for row in found:
            yield dict(row) | {name: _iso(row[name]) for name in ("until", "closed_at")}

    def received(self) -> Iterator[tuple[str, str, int]]:
        """When, for what paper, how much."""
        for at, snapshot, cents in self.base.execute(
                "SELECT at, snapshot, cents FROM payment JOIN papers ON papers.id = paper_id "
                "WHERE at >= ? AND at < ? ORDER BY payment.id", self.span):
            yield _iso(at), snapshot, cents

    def pdfs(self) -> Iterator[tuple[str, bytes]]:
        """The PDFs, by number."""
        yield from self.base.execute(
            "SELECT number, pdf FROM paper_files JOIN papers ON papers.id = paper_id "
            "WHERE issued_at >= ? AND issued_at < ? ORDER BY papers.id", self.span)


def _iso(stored: str) -> str:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).isoformat()


def _fill(zipped: zipfile.ZipFile, year: _Year, name: int, made_at: str) -> int:
    from shopvisio import __version__

    sums: list[str] = []

    def put(file: str, content: str | bytes, packed: int = zipfile.ZIP_DEFLATED) -> None:
        data = content.encode() if isinstance(content, str) else content
        zipped.writestr(zipfile.ZipInfo(file, (name, 12, 31, 0, 0, 0)), data, packed)
        sums.append(f"{hashlib.sha256(data).hexdigest()}  {file}\n")

    papers, lines, kept = list(year.papers()), list(year.payments()), list(year.closings())
    snapshots = [paper["snapshot"] for paper in papers]
    put("LISEZMOI.txt", READ_ME.format(year=name, made_at=made_at, version=__version__))
    for file, told in (("papiers", papers), ("paiements", lines), ("clotures", kept)):
        put(f"{file}.jsonl", "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in told))
    put("ventes.csv", rows.written(rows.SALES, rows.sales(snapshots, year.zone)))
    put("paiements.csv", rows.written(rows.PAYMENTS, rows.payments(lines, METHODS, year.zone)))
    put("e-reporting.csv", rows.written(rows.REPORT, rows.report(snapshots, year.received(), year.zone)))
    put("clotures.csv", rows.written(rows.CLOSINGS, rows.closings(kept)))
    put("verifier.py", (Path(__file__).parent / "verifier.py").read_bytes())
    for number, pdf in year.pdfs():
        put(f"pdf/{number}.pdf", pdf, zipfile.ZIP_STORED)
    zipped.writestr("SHA256SUMS", "".join(sums))
    return len(papers)


if __name__ == "__main__":
    main()
