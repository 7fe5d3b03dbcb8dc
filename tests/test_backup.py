"""Backups: everything comes back as it was, or a sentence says why not; nothing is ever written by halves."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOW, Clock, Shop
from sqlalchemy import select

from shopvisio import config, db, invoices
from shopvisio.backup import keeping, recovery, restoring
from shopvisio.backup.keeping import Backup
from shopvisio.backup.order import ask
from shopvisio.errors import Conflict, Invalid, Unavailable
from shopvisio.invoices import Kind
from shopvisio.jobs import Job
from shopvisio.upkeep import Upkeep, next_hour
from tests.invoices.sample_papers import REPAIRED

ROOT = Path(__file__).parent.parent
PDF = b"%PDF-1.7 as it was handed out"


@pytest.fixture
def key(shop: Shop) -> str:
    """The owner's recovery key, on their sheet of paper."""
    made = recovery.new()
    with db.writing():
        recovery.take(made)
    return made


@pytest.fixture
def full(settled: config.Config, key: str) -> config.Config:
    """A shop with a sealed paper, its PDF, a photo and an archive."""
    with db.writing():
        paper = invoices.issue(Kind.INVOICE, REPAIRED, 1, NOW)
        invoices.store_pdf(paper, PDF)
    settled.uploads.mkdir()
    (settled.uploads / "abcdefghjkmnpqrstuvw.jpg").write_bytes(os.urandom(3_000_000))
    (settled.uploads / "unfinished.jpg.part").write_bytes(b"half")
    settled.archives.mkdir()
    (settled.archives / "2025.zip").write_bytes(b"a year")
    settled.arriving.mkdir(exist_ok=True)
    return settled


@pytest.fixture
def made(full: config.Config) -> Backup:
    """Its backup."""
    Upkeep(full).back_up("Claire", NOW)
    found = keeping.latest()
    assert found is not None
    return found


def elsewhere(tmp_path: Path) -> config.Config:
    """An empty appliance on another machine."""
    new = config.load({"SHOPVISIO_DATA": str(tmp_path / "elsewhere")})
    new.arriving.mkdir()
    return new


def hashes(base: Path) -> list[tuple[str, str, bytes | None]]:
    """The ledger: each number, its hash, its PDF."""
    with closing(sqlite3.connect(base)) as found:
        asked = "SELECT number, hash, pdf FROM papers LEFT JOIN paper_files ON paper_id = id ORDER BY id"
        return found.execute(asked).fetchall()


def test_everything_comes_back_elsewhere_with_the_recovery_key(
    full: config.Config, made: Backup, key: str, tmp_path: Path
) -> None:
    new = elsewhere(tmp_path)
    told = restoring.stage(Path(made.path), new.data, new.secrets, key.lower())
    assert told["check"] == "1 papers, the chain is whole."
    assert not (new.data / "shop.db").exists(), "nothing is in its place before the appliance starts"
    assert restoring.put_in_place(new.data)
    assert hashes(new.data / "shop.db") == hashes(full.data / "shop.db")
    assert hashes(new.data / "shop.db")[0][2] == PDF
    photo = "uploads/abcdefghjkmnpqrstuvw.jpg"
    assert (new.data / photo).read_bytes() == (full.data / photo).read_bytes()
    assert (new.data / "archives/2025.zip").read_bytes() == b"a year"
    assert (new.secrets / "secret.key").read_bytes() == full.secret_key, "customers' links still open"
    assert not (new.data / "uploads/unfinished.jpg.part").exists()
    assert not restoring.put_in_place(new.data), "once"


def test_a_backup_is_the_appliances_alone_to_read_and_nobody_reads_it_without_a_key(
    made: Backup, full: config.Config, tmp_path: Path
) -> None:
    path = Path(made.path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((full.secrets / recovery.OWN).stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org/v1")
    assert b"Fontaine" not in path.read_bytes()
    new = elsewhere(tmp_path)
    with pytest.raises(Invalid, match="Cette clé n’ouvre pas"):
        restoring.stage(path, new.data, new.secrets, recovery.new())
    assert list(new.data.glob("restor*")) == []


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_damaged_file_is_refused_and_leaves_nothing(
    full: config.Config, made: Backup, key: str, tmp_path: Path, harm: str
) -> None:
    content = bytearray(Path(made.path).read_bytes())
    if harm == "cut":
        del content[-1000:]
    else:
        content[len(content) // 2] ^= 1
    bad = tmp_path / "bad.tar.age"
    bad.write_bytes(content)
    new = elsewhere(tmp_path)
    with pytest.raises(Invalid, match="abîmé"):
        restoring.stage(bad, new.data, new.secrets, key)
    assert list(new.data.glob("restor*")) == []


def test_a_backup_of_a_later_version_is_refused_with_a_sentence(full: config.Config, key: str, tmp_path: Path) -> None:
    with db.writing():
        asked = keeping.order(full, NOW, tmp_path / "later.tar.age")
    asked["told"]["schema"] = "9999"
    ask(asked)
    new = elsewhere(tmp_path)
    with pytest.raises(Invalid, match="version plus récente"):
        restoring.stage(tmp_path / "later.tar.age", new.data, new.secrets, key)


def test_a_backup_of_the_first_version_is_brought_to_this_one(full: config.Config, key: str, tmp_path: Path) -> None:
    """Its base is as the very first migration left it."""
    old = elsewhere(tmp_path)
    with closing(sqlite3.connect(old.data / "shop.db")) as base:
        base.executescript(_first_tables())
    with db.writing():
        asked = keeping.order(full, NOW, tmp_path / "old.tar.age")
    asked |= {"data": str(old.data), "scratch": str(old.arriving)}
    asked["told"]["schema"] = "0001"
    ask(asked)
    new = config.load({"SHOPVISIO_DATA": str(tmp_path / "new")})
    told = restoring.stage(tmp_path / "old.tar.age", new.data, new.secrets, key)
    assert told["check"] == "0 papers, the chain is whole."


def _first_tables() -> str:
    """The SQL of the first migration, as alembic writes it without a base."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_TABLES], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


FIRST_TABLES = """
from alembic.script import ScriptDirectory
from alembic.migration import MigrationContext
from alembic.operations import Operations
import sqlalchemy as sa
engine = sa.create_engine("sqlite://")
first = ScriptDirectory("shopvisio/migrations").get_revision("0001").module
with engine.connect() as connection:
    with Operations.context(MigrationContext.configure(connection)):
        first.upgrade()
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
    for line in connection.connection.driver_connection.iterdump():
        print(line)
"""


def test_a_restore_that_was_cut_off_half_way_goes_on_at_the_next_start(
    full: config.Config, made: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hashes(full.data / "shop.db")
    whole, rename = 0, Path.rename
    for last in range(1, 30):
        data = tmp_path / f"cut-{last}"
        shutil.copytree(full.data, data)
        restoring.unpack(Path(made.path), data / restoring.READY, [recovery.own(full.secrets)])
        (data / "shop.db-wal").write_bytes(b"of the old base")
        left = last

        def cut(self: Path, target: Path) -> Path:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", cut)
        try:
            restoring.put_in_place(data)
            whole += 1
        except KeyboardInterrupt:
            left = 1000
            restoring.put_in_place(data)
        monkeypatch.undo()
        assert hashes(data / "shop.db") == before, f"cut at step {last}"
        assert not (data / "shop.db-wal").exists()
        assert not (data / restoring.READY).exists()
        if whole:
            break
    assert whole, "in the end it was not cut"
    assert last > 3


def test_without_a_recovery_key_there_is_no_backup_that_nobody_could_open(shop: Shop, settled: config.Config) -> None:
    with pytest.raises(Conflict, match="clé de secours"):
        Upkeep(settled).back_up("", NOW)
    assert keeping.everything() == []


@pytest.mark.parametrize("typed", ["", "AGE-SECRET-KEY-1", "x" * 74])
def test_what_is_no_key_is_told_so(typed: str) -> None:
    with pytest.raises(Invalid, match="74 signes"):
        recovery.public(typed)


def test_a_key_may_be_typed_in_groups() -> None:
    key = recovery.new()
    assert len(key) == 74
    assert recovery.public("  ".join(recovery.for_eyes(key)).lower()) == recovery.public(key)


def test_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    nights = [datetime(2026, 11, 23, 2, tzinfo=UTC) - timedelta(days=n) for n in range(800)]
    stay = sorted(keeping.chosen(nights, ZoneInfo("Europe/Paris")), reverse=True)
    assert [(nights[0] - one).days for one in stay[:7]] == list(range(7)), "the last seven days"
    assert len(stay) <= 7 + 4 + 12
    assert (nights[0] - stay[-1]).days in range(300, 366), "a year back"
    kept: list[datetime] = []
    for night in reversed(nights):  # as they come, night by night: thinning each night loses no month
        kept = sorted(keeping.chosen([*kept, night], ZoneInfo("Europe/Paris")))
    assert len({(one.year, one.month) for one in kept}) == 12


def test_old_backups_go_and_files_of_others_stay(full: config.Config, clock_: Clock) -> None:
    work = Upkeep(full)
    for _night in range(10):
        work.back_up("", clock_.pass_(days=1))
    (full.backups / "family.tar.age").write_text("not ours")
    work.back_up("", clock_.pass_(days=1))
    files = {path.name for path in full.backups.glob("*.tar.age")}
    assert files == {Path(row.path).name for row in keeping.everything()} | {"family.tar.age"}
    assert len(files) < 11
    for name in ("a", "b"):  # put where somebody wanted them: theirs to keep, and to count
        work.back_up("", clock_.pass_(minutes=1), full.data.parent / f"{name}.tar.age")
    work.back_up("", clock_.pass_(minutes=1))
    assert (full.data.parent / "a.tar.age").exists()
    assert (full.data.parent / "b.tar.age").exists()


def test_the_night_asks_for_the_next_before_it_can_fail(full: config.Config) -> None:
    away = replace(full, backups=full.data.parent / "usb")
    with pytest.raises(Unavailable, match="branché"):
        Upkeep(away).backup({}, NOW)
    with pytest.raises(Unavailable):
        Upkeep(away).backup({}, NOW)
    jobs = db.db.session.scalars(select(Job).where(Job.kind == "backup")).all()
    assert [job.due for job in jobs] == [next_hour(NOW, 3)]
    assert not away.backups.exists(), "the folder of a disk that is away is not made"


def test_the_week_has_one_backup_opened_again_and_says_how_it_was(full: config.Config, made: Backup) -> None:
    work = Upkeep(full)
    work.test_restore({}, NOW + timedelta(days=7))
    db.db.session.expire_all()
    found = keeping.last_test()
    assert found is not None
    assert (found.tested, found.fault) == (NOW + timedelta(days=7), "")
    assert list(full.arriving.iterdir()) == [], "nothing is left of it"
    Path(made.path).write_bytes(Path(made.path).read_bytes()[:-100])
    work.test_restore({}, NOW + timedelta(days=14))
    db.db.session.expire_all()
    found = keeping.last_test()
    assert found is not None
    assert "abîmé" in found.fault


def test_a_disk_without_room_is_a_sentence(full: config.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SPARE", 1 << 60)
    with pytest.raises(Unavailable, match="plus assez de place"):
        Upkeep(full).back_up("", NOW)
    assert list(full.backups.glob("*")) == []


def test_killed_in_mid_writing_it_leaves_a_whole_backup_or_none(full: config.Config, key: str, tmp_path: Path) -> None:
    asked = keeping.order(full, NOW, tmp_path / "shop.tar.age")
    db.db.session.rollback()
    for kill_at in range(3):
        (full.uploads / f"more{kill_at}.jpg").write_bytes(os.urandom(20_000_000))
        child = subprocess.Popen([sys.executable, "-m", "shopvisio.backup.sealed"], stdin=subprocess.PIPE, cwd=ROOT)
        assert child.stdin is not None
        child.stdin.write(json.dumps(asked).encode())
        child.stdin.close()
        part = tmp_path / "shop.tar.age.part"
        while child.poll() is None and not (part.exists() and part.stat().st_size > kill_at * 10_000_000):
            time.sleep(0.001)
        child.kill()
        child.wait()
        if (tmp_path / "shop.tar.age").exists():  # it was quicker than we
            restoring.unpack(tmp_path / "shop.tar.age", tmp_path / "x", [key])
    assert "fault" not in ask(asked)
    restoring.unpack(tmp_path / "shop.tar.age", tmp_path / "x", [key])


def _mounts() -> bool:
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not shutil.which("unshare") or not _mounts(), reason="no mounts of one's own here")
@pytest.mark.parametrize(("disk", "fault"), [("size=1m", "full"), ("ro", "unreadable")])
def test_a_real_disk_that_is_full_or_read_only_holds_nothing_half_written(
    full: config.Config, tmp_path: Path, disk: str, fault: str
) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    with db.writing():
        asked = keeping.order(full, NOW, usb / "shop.tar.age")
    script = f'mount -t tmpfs -o {disk} tmpfs "{usb}" && {sys.executable} -m shopvisio.backup.sealed; ls "{usb}"'
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
        input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    told, *left = done.stdout.splitlines()
    assert json.loads(told)["fault"] == fault, done.stderr
    assert left == []
    with pytest.raises(Unavailable):
        keeping.refuse(asked, json.loads(told))


class Writing(threading.Thread):
    """Somebody who writes a hundred rows a second into the base, and notes how long the longest took."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.base, self.ended, self.written, self.longest = base, threading.Event(), 0, 0.0

    def run(self) -> None:
        with closing(sqlite3.connect(self.base, timeout=5)) as connection:
            connection.execute("CREATE TABLE busy (n INTEGER)")
            while not self.ended.wait(0.01):
                began = time.monotonic()
                connection.execute("INSERT INTO busy VALUES (?)", (self.written,))
                connection.commit()
                self.written += 1
                self.longest = max(self.longest, time.monotonic() - began)


def test_a_backup_under_a_hundred_writes_a_second_is_whole_and_disturbs_nobody(
    full: config.Config, key: str, tmp_path: Path
) -> None:
    with db.writing():
        asked = keeping.order(full, NOW, tmp_path / "busy.tar.age")
    db.db.session.rollback()
    writer = Writing(full.data / "shop.db")
    writer.start()
    try:
        while writer.written < 20 and writer.is_alive():
            time.sleep(0.01)
        before = writer.written
        assert "fault" not in ask(asked)
        after = writer.written
    finally:
        writer.ended.set()
        writer.join()
    new = elsewhere(tmp_path)
    restoring.unpack(tmp_path / "busy.tar.age", new.data / "x", [key])
    with closing(sqlite3.connect(new.data / "x/shop.db")) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count, highest = base.execute("SELECT count(*), max(n) FROM busy").fetchone()
    assert count == highest + 1, "one moment, no row missing"
    assert before <= count <= after + 1
    assert hashes(new.data / "x/shop.db") == hashes(full.data / "shop.db")
    assert after > before, "writing went on"
