"""A CSV file as a table: its encoding, its separator and its columns are found by looking."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from shopvisio.errors import Invalid
from shopvisio.i18n import _

LARGEST = 20 << 20  # bytes
MOST_ROWS = 50_000
SEPARATORS = ";,\t|"


@dataclass(frozen=True)
class Row:
    """One row: ``line`` is where it begins in the file, ``cells`` by the plain names of the columns."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, names: str | Sequence[str]) -> str:
        """The cell of the first of these columns that there is; empty without one."""
        for name in (names,) if isinstance(names, str) else names:
            if name in self.cells:
                return self.cells[name]
        return ""


@dataclass(frozen=True)
class Table:
    """``titles`` as they stand in the file, ``columns`` the same as :func:`plain`."""

    titles: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Row]

    def has(self, *names: Sequence[str]) -> bool:
        """Whether there is a column for each of these lists of names."""
        return all(any(name in self.columns for name in any_of) for any_of in names)


def open_table(data: bytes) -> Table:
    """Raises Invalid, with a sentence, for what is no table."""
    text = _text(data)
    if "\x00" in text or not text.strip():
        raise Invalid(_("Ce fichier n’est pas une liste CSV. Exportez vos produits « en CSV », sans passer par Excel."))
    csv.field_size_limit(1 << 20)
    lines = _records(text)
    try:
        _line, titles = next(lines)
        columns = [plain(title) for title in titles]
        rows = [_row(line, columns, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
    except (csv.Error, StopIteration):
        raise Invalid(_("Ce fichier CSV est abîmé : exportez-le à nouveau.")) from None
    if len(rows) > MOST_ROWS:
        raise Invalid(_("Ce fichier a plus de {n} lignes : partagez-le en plusieurs.", n=MOST_ROWS))
    return Table(titles, columns, rows)


def _text(data: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else what Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    bare = re.sub(r'"[^"]*"', "", first)
    separator = max(SEPARATORS, key=bare.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    before = 0
    for cells in reader:
        if any(cells):
            yield before + 1, cells
        before = reader.line_num


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    """A cell that is missing is empty; one that a spreadsheet's formula was kept out of is as it was."""
    found: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        found.setdefault(name, re.sub(r"^'(?=[=+\-@])", "", cell.strip()))
    return Row(line, found)


def plain(title: str) -> str:
    """A column's name without accents, capitals, stars and odd spaces."""
    text = unicodedata.normalize("NFKD", title.replace("’", "'").replace("*", ""))
    kept = "".join(sign for sign in text if not unicodedata.combining(sign))
    return " ".join(kept.lower().replace("?", " ").split())
