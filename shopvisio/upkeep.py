"""What the appliance does for itself by night: backups, the weekly test of one, and forgetting what is old.

The handlers of these jobs. Each first has the next one waiting, so that a night that fails is not the last one.
"""

import logging
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from shopvisio import hub, practice, settings
from shopvisio.backup import bucket, keeping, recovery, restoring
from shopvisio.backup.keeping import Backup
from shopvisio.backup.order import SECONDS, ask
from shopvisio.backup.sealed import BASE
from shopvisio.config import Config
from shopvisio.db import db, writing
from shopvisio.errors import ShopVisioError
from shopvisio.i18n import use
from shopvisio.jobs import Handler, Job, enqueue
from shopvisio.privacy import forgetting

log = logging.getLogger(__name__)

TESTED_EVERY = timedelta(days=7)


@dataclass
class Upkeep:
    """The handlers. One backup at a time: a second one that is asked for meanwhile is the first."""

    config: Config
    busy: set[str] = field(default_factory=set)

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind of job."""
        return {
            "backup": self.backup,
            "send-backup": self.send,
            "test-restore": self.test_restore,
            "retention": self.retention,
        }

    def backup(self, facts: dict[str, Any], now: datetime) -> None:
        """The backup of the night, or the one that somebody asked for; a week after the last test, a test of it."""
        with writing():
            if not facts.get("by"):
                again("backup", next_hour(now, settings.get("backup_hour")))
            if not recovery.recipient():
                return  # nobody could open it; the desk says so
        self.back_up(facts.get("by", ""), now)
        with writing():
            last = keeping.last_test()
            if last is None or last.tested is None or now - last.tested >= TESTED_EVERY:
                enqueue("test-restore", now)

    def back_up(self, by: str, now: datetime, file: Path | None = None) -> str:
        """Back up everything now; answers where to, nothing when one is under way. Raises Conflict, Unavailable with a
        sentence for the shop."""
        if "backup" in self.busy:
            return ""
        self.busy.add("backup")
        try:
            with _spoken():
                asked = keeping.order(self.config, now, file)
            db.session.rollback()
            made = hub.in_thread(ask, asked, timeout=SECONDS)
            with writing(), _spoken():
                keeping.refuse(asked, made)
                gone = self._among_the_others(asked, made, by, now) if file is None else []
            keeping.drop(gone)
        finally:
            self.busy.discard("backup")
        log.info("backed up", extra={"bytes": made["size"]})
        return str(asked["file"])

    def _among_the_others(self, asked: dict[str, Any], made: dict[str, Any], by: str, now: datetime) -> list[str]:
        """Note it; answers the files whose time is over. One that somebody put elsewhere is theirs to keep."""
        keeping.keep(asked, made, keeping.place(self.config).elsewhere, by, now)
        if bucket.chosen():
            enqueue("send-backup", now)
        return keeping.thin()

    def send(self, facts: dict[str, Any], now: datetime) -> None:
        """The newest backup goes into the bucket, unless it lies there, or one is on its way. Raises Unavailable."""
        newest, there = keeping.latest(), bucket.chosen()
        if newest is None or newest.sent or there is None or not newest.is_here or "send" in self.busy:
            return
        number, file, eyes = newest.id, newest.path, (settings.get("language"), settings.zone())
        db.session.rollback()
        self.busy.add("send")
        try:
            hub.in_thread(_send, there, file, *eyes, timeout=2 * SECONDS)
        finally:
            self.busy.discard("send")
        with writing():
            row, newest = db.session.get(Backup, number), keeping.latest()
            if row is not None:
                row.sent = now
            if newest is not None and newest.id != number:
                enqueue("send-backup", now)  # one more was made meanwhile
        log.info("backup sent")

    def test_restore(self, facts: dict[str, Any], now: datetime) -> None:
        """The newest backup is opened in a scratch folder, and all of it checked."""
        newest = next((row for row in keeping.everything() if row.is_here), None)
        if newest is None or "test" in self.busy:
            return
        number, file, eyes = newest.id, Path(newest.path), (settings.get("language"), settings.zone())
        db.session.rollback()
        self.busy.add("test")
        try:
            fault = hub.in_thread(self._fault_of, file, *eyes, timeout=SECONDS)
        finally:
            self.busy.discard("test")
        with writing():
            row = db.session.get(Backup, number)
            if row is not None:
                row.tested, row.fault = now, fault
        log.log(logging.ERROR if fault else logging.INFO, "backup tested", extra={"fault": fault})

    def _fault_of(self, file: Path, language: str, zone: ZoneInfo) -> str:
        """What is wrong with this backup, or nothing. It blocks, long."""
        scratch = self.config.arriving / "test-restore"
        with use(language, zone):
            try:
                restoring.unpack(file, scratch, [recovery.own(self.config.secrets)])
                restoring.check(scratch / BASE)
            except ShopVisioError as error:
                return str(error) or type(error).__name__
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return ""

    def retention(self, facts: dict[str, Any], now: datetime) -> None:
        """Once a day: forget what has been kept long enough."""
        with writing():
            again("retention", now + timedelta(days=1))
        with writing():
            files = practice.forget_old(now)
        forgetting.drop(self.config.uploads, files)
        is_done = False
        while not is_done:
            with writing(), _spoken():
                files, is_done = forgetting.forget_some(now)
            forgetting.drop(self.config.uploads, files)
            hub.sleep(0)  # a large shop's first night must not hold up a call
        hub.in_thread(forgetting.sweep, self.config.data / BASE, self.config.uploads, now, timeout=SECONDS)


def _send(there: bucket.Bucket, file: str, language: str, zone: ZoneInfo) -> None:
    with use(language, zone):
        bucket.send(there, file, zone)


def _spoken() -> Any:
    """The sentences that are kept for the shop are in its language."""
    return use(settings.get("language"), settings.zone())


def next_hour(now: datetime, hour: int) -> datetime:
    """When the shop's clock next strikes this hour."""
    here = now.astimezone(settings.zone())
    today = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (today if today > here else today + timedelta(days=1)).astimezone(now.tzinfo)


def again(kind: str, due: datetime) -> None:
    """The next one of its kind, unless one waits already: a job that is tried again brings no second one."""
    waits = select(Job.id).where(Job.kind == kind, Job.state == "waiting", Job.facts == "{}", Job.tries == 0)
    if db.session.scalar(waits.limit(1)) is None:
        enqueue(kind, due)
