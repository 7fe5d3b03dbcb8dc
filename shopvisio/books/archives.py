"""The archives of a year: a ZIP that proves itself, made by a child process; each making is a row that stays."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import child, settings
from shopvisio.books.closings import Closing
from shopvisio.db import Base, db
from shopvisio.invoices import Paper

SECONDS = 300.0


class Archive(Base):
    """An archive that was made: what it holds, its digest (SHA-256), when and for whom."""

    __tablename__ = "archive"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    made_at: Mapped[datetime]
    by: Mapped[str]
    file: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]  # bytes
    papers: Mapped[int]


def years() -> list[int]:
    """The years that hold a paper or a closing, the newest first."""
    zone = settings.zone()
    found = set()
    for column in (Paper.issued_at, Closing.until):
        for moment in db.session.execute(select(func.min(column), func.max(column))).one():
            if moment is not None:
                found.add(moment.astimezone(zone).year)
    return list(range(max(found), min(found) - 1, -1)) if found else []


def archived() -> list[Archive]:
    """Every archive that was made, the newest first."""
    return list(db.session.scalars(select(Archive).order_by(Archive.id.desc())))


def make(base: Path, folder: Path, year: int, zone: str, now: datetime) -> dict[str, str | int]:
    """Write the archive of a year into ``folder``; answers its file, sha256, size and papers.

    Slow: call it from a thread, outside any write. Raises Unavailable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {
        "base": str(base),
        "file": str(folder / f"shopvisio-{year}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"),
        "year": year,
        "zone": zone,
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
    }
    made: dict[str, str | int] = json.loads(child.run("shopvisio.books.zipped", json.dumps(told).encode(), SECONDS))
    return made


def keep(made: dict[str, str | int], year: int, by: str, now: datetime) -> Archive:
    """Note that it was made: archiving leaves its own trace."""
    archive = Archive(
        year=year,
        made_at=now,
        by=by,
        file=str(made["file"]),
        sha256=str(made["sha256"]),
        size=int(made["size"]),
        papers=int(made["papers"]),
    )
    db.session.add(archive)
    db.session.flush()
    return archive
