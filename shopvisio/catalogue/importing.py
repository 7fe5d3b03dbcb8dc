"""The heavy half of an import, in a child process: it reads the file and, once that was looked at, writes the products.

Each product is a write of its own, so that whoever else wants to write waits for milliseconds: calls go on beside it.
Given twice, a file changes nothing the second time.
"""

import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from shopvisio import i18n
from shopvisio.catalogue import sheets
from shopvisio.catalogue.imports import Import
from shopvisio.catalogue.merging import merge
from shopvisio.catalogue.sheets import Choices, FoundProduct, Sheet
from shopvisio.db import apart
from shopvisio.errors import Invalid

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
    """Write the products, and with each how many there are."""
    engine = apart(base)
    for place, product in enumerate(sheet.products):
        with Session(engine) as session, session.begin():
            _count(session, key, place, merge(session, product, sheet.kind, vat, now)[1])
        time.sleep(REST)
    engine.dispose()


def _count(session: Session, key: str, place: int, word: str) -> None:
    """One more is in the catalogue; an import that is begun again counts anew."""
    row = Import.__table__.c
    added, changed = (row.added, row.changed) if place else (0, 0)
    session.execute(
        update(Import)
        .where(Import.key == key)
        .values(kept=place + 1, added=added + (word == "added"), changed=changed + (word == "changed"))
    )


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
