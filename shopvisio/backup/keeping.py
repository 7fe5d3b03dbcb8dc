"""The backups that were made: where each lies, which are kept, when one was last opened again to see that it can be."""

import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio import __version__, settings
from shopvisio.backup import recovery
from shopvisio.config import Config
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Unavailable
from shopvisio.i18n import _

DAYS, WEEKS, MONTHS = 7, 4, 12  # of which the newest backup each is kept
SPARE = 64 << 20  # bytes that stay free beside a backup
SUFFIX = ".tar.age"


class Backup(Base):
    """One file that was made. ``elsewhere`` is whether its folder is on another disk than the shop's, ``taken`` when it
    was last downloaded, ``sent`` when it reached the bucket, ``tested`` when it was last opened and checked, ``fault``
    what was wrong then."""

    __tablename__ = "backup"

    id: Mapped[int] = mapped_column(primary_key=True)
    made: Mapped[datetime]
    by: Mapped[str]
    path: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    elsewhere: Mapped[bool]
    taken: Mapped[datetime | None]
    sent: Mapped[datetime | None]
    tested: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(default="")

    @property
    def is_here(self) -> bool:
        """Whether the file is there now: a USB disk may have been taken away."""
        return Path(self.path).is_file()


@dataclass(frozen=True)
class Place:
    """The folder of the backups as it is now; ``free`` in bytes, ``wrong`` says why nothing can be put there."""

    folder: Path
    elsewhere: bool
    free: int
    wrong: str = ""


def place(config: Config) -> Place:
    """Where the next backup goes. A disk that is not there is never silently replaced by the folder it hangs on."""
    folder = config.backups
    if folder == config.data / "backups":
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_dir():
        wrong = _("Le dossier {folder} n’existe pas : le disque est-il branché ?", folder=folder)
        return Place(folder, False, 0, wrong)
    elsewhere = folder.stat().st_dev != config.data.stat().st_dev
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK | os.X_OK):
        return Place(folder, elsewhere, free, _("Le dossier {folder} refuse l’écriture.", folder=folder))
    return Place(folder, elsewhere, free)


def order(config: Config, now: datetime, file: Path | None = None) -> dict[str, Any]:
    """What :func:`order.ask` is to do, read inside a transaction.

    Raises Conflict while there is no recovery key, Unavailable with a sentence when there is no place.
    """
    key = recovery.recipient()
    if not key:
        raise Conflict(_("Créez d’abord la clé de secours : sans elle, personne ne pourrait rouvrir la sauvegarde."))
    if file is None:
        there = place(config)
        if there.wrong:
            raise Unavailable(there.wrong)
        file = there.folder / f"shopvisio-{__version__}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
    schema = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return {
        "do": "write",
        "data": str(config.data),
        "scratch": str(config.arriving),
        "file": str(file),
        "spare": SPARE,
        "recipients": [key, recovery.public(recovery.own(config.secrets))],
        "told": {"app": __version__, "schema": schema, "made": now.isoformat(timespec="seconds")},
    }


def no_room(folder: Path) -> str:
    """The sentence for a disk that is full."""
    told = _("Il n’y a plus assez de place dans {folder} : rien n’y a été écrit. Libérez-en, puis recommencez.")
    return told.format(folder=folder)


def refuse(asked: dict[str, Any], made: dict[str, Any]) -> None:
    """Raise Unavailable with the sentence when nothing came of an order."""
    folder = Path(asked["file"]).parent
    if fault := made.get("fault"):
        why = _("Le dossier {folder} refuse l’écriture.", folder=folder) + f" ({made.get('why', fault)})"
        raise Unavailable(no_room(folder) if fault == "full" else why)


def keep(asked: dict[str, Any], made: dict[str, Any], elsewhere: bool, by: str, now: datetime) -> Backup:
    """Note what came of an order."""
    row = Backup(made=now, by=by, path=asked["file"], size=made["size"], sha256=made["sha256"], elsewhere=elsewhere)
    db.session.add(row)
    db.session.flush()
    return row


def everything() -> list[Backup]:
    """Those that are kept, the newest first, whether their disk is there now or not."""
    return list(db.session.scalars(select(Backup).order_by(Backup.made.desc(), Backup.id.desc())))


def latest() -> Backup | None:
    """The newest one."""
    return db.session.scalar(select(Backup).order_by(Backup.made.desc(), Backup.id.desc()).limit(1))


def first() -> datetime | None:
    """When the oldest of those that are kept was made."""
    return db.session.scalar(select(func.min(Backup.made)))


def last_away() -> datetime | None:
    """When a copy last left the shop's own disk: written to another one, sent into the bucket, or downloaded."""
    rows = everything()
    away = [row.made for row in rows if row.elsewhere] + [row.taken for row in rows if row.taken]
    away += [row.sent for row in rows if row.sent]
    return max(away, default=None)


def last_sent() -> Backup | None:
    """The newest that reached the bucket."""
    return db.session.scalar(select(Backup).where(Backup.sent.is_not(None)).order_by(Backup.sent.desc()).limit(1))


def last_test() -> Backup | None:
    """The one that was opened and checked last, well or not."""
    return db.session.scalar(select(Backup).where(Backup.tested.is_not(None)).order_by(Backup.tested.desc()).limit(1))


def chosen(moments: Iterable[datetime], zone: ZoneInfo) -> set[datetime]:
    """Of these moments those whose backups stay: the newest of each of the last 7 days, 4 weeks and 12 months that have
    one. PURE."""
    stay: set[datetime] = set()
    newest_first = sorted(moments, reverse=True)
    for length, most in ((_day, DAYS), (_week, WEEKS), (_month, MONTHS)):
        seen: dict[Any, datetime] = {}
        for moment in newest_first:
            seen.setdefault(length(moment.astimezone(zone).date()), moment)
        stay |= set(list(seen.values())[:most])
    return stay


def _day(on: date) -> date:
    return on


def _week(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _month(on: date) -> date:
    return on.replace(day=1)


def thin() -> list[str]:
    """Forget the backups whose time is over; answers their files, to delete after the commit.

    Files that we did not make are never touched, nor is one whose disk is away.
    """
    rows = [row for row in everything() if row.is_here]
    stay = chosen((row.made for row in rows), settings.zone())
    gone = [row for row in rows if row.made not in stay]
    for row in gone:
        db.session.delete(row)
    db.session.flush()
    return [row.path for row in gone]


def drop(files: Collection[str]) -> None:
    """Delete them."""
    for file in files:
        Path(file).unlink(missing_ok=True)
