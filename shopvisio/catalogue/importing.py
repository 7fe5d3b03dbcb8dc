"""The heavy half of an import, in a child process: it reads the file and, once that was looked at, writes the products.

A few are written at a time, so that whoever else wants to write waits for milliseconds. Given twice, a file changes
nothing the second time.
"""

import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopvisio import i18n
from shopvisio.catalogue import sheets
from shopvisio.catalogue.imports import Import
from shopvisio.catalogue.merging import merge
from shopvisio.catalogue.sheets import Choices, FoundProduct, Sheet
from shopvisio.db import apart
from shopvisio.errors import Invalid

AT_ONCE = 8  # products of one write
REST = 0.01  # seconds between writes: SQLite lets others in only while it is free
SHOWN = 8  # products of the preview
MOST_FAULTS = 500


def look(sheet: Sheet) -> dict[str, Any]:
    """What a preview shows."""
    return {
        "kind": sheet.kind,
        "rows": sheet.rows,
        "products": len(sheet.products),
        "variants": sum(len(product.variants) for product in sheet.products),
        "faults": sorted([one.line, one.what, one.why] for one in sheet.faults)[:MOST_FAULTS],
        "sample": [_shown(product) for product in sheet.products[:SHOWN]],
    }


def _shown(product: FoundProduct) -> dict[str, Any]:
    return {name: asdict(product)[name] for name in ("line", "name", "variants", "active")}


def keep(sheet: Sheet, base: Path, key: str, vat: int, now: datetime) -> None:
    """Write the products, and after each few how many there are."""
    engine = apart(base)
    for start in range(0, len(sheet.products), AT_ONCE):
        with Session(engine) as session, session.begin():
            _keep(session, sheet, start, key, vat, now)
        time.sleep(REST)
    engine.dispose()


def _keep(session: Session, sheet: Sheet, start: int, key: str, vat: int, now: datetime) -> None:
    few = sheet.products[start : start + AT_ONCE]
    words = [merge(session, product, sheet.kind, vat, now)[1] for product in few]
    row = session.scalars(select(Import).where(Import.key == key)).one()
    before = (row.added, row.changed) if start else (0, 0)  # begun again, it counts anew
    row.kept = start + len(few)
    row.added, row.changed = before[0] + words.count("added"), before[1] + words.count("changed")


def _main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    now = datetime.fromisoformat(asked["now"])
    with i18n.use(asked["language"], ZoneInfo("UTC")):
        try:
            sheet = sheets.read(Path(asked["file"]).read_bytes(), Choices(now.date(), asked["vat"], asked["net"]))
        except Invalid as refusal:
            sys.stdout.write(json.dumps({"refused": refusal.message}))
            return
    if asked["act"] == "keep":
        keep(sheet, Path(asked["base"]), asked["key"], asked["vat"], now)
    else:
        sys.stdout.write(json.dumps(look(sheet)))


if __name__ == "__main__":
    _main()
