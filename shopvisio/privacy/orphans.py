"""The child process that finds files which nothing in the base names: whatever table may name them, now or later.

It reads every text of the base, so it needs no list of tables that would one day miss one.
"""

import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

NAME = re.compile(r"[0-9A-Za-z]{8,40}(?:\.[0-9a-z]{1,8}){1,2}")
SMALL = ".small"


def main() -> None:
    """The names of the orphans, as the order on the standard input says."""
    order = json.loads(sys.stdin.read())
    print(json.dumps(found(Path(order["base"]), Path(order["folder"]), float(order["before"]))))


def found(base: Path, folder: Path, before: float) -> list[str]:
    """The files of ``folder``, last written before that moment, whose name stands nowhere in ``base``."""
    old = {path.name for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < before}
    lone = {name for name in old if NAME.fullmatch(name)}  # what has another kind of name is not ours to judge
    if not lone:
        return []
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as connection:
        for table, column in _texts(connection):
            for (text,) in connection.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" LIKE \'%.%\''):  # noqa: S608
                lone -= {name for one in NAME.findall(str(text)) for name in (one, _small(one))}
    return sorted(lone)


def _texts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        (table, column[1])
        for (table,) in tables
        for column in connection.execute(f'PRAGMA table_info("{table}")')
        if column[2].upper().startswith(("VARCHAR", "TEXT", "JSON"))
    ]


def _small(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}{SMALL}{dot}{ending}"


if __name__ == "__main__":
    main()
