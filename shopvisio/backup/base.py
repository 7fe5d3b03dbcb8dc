"""Copies of the shop's base, taken while it serves: whole, consistent, in one step."""

import sqlite3
from datetime import datetime
from pathlib import Path

KEPT = 5  # copies taken before an upgrade


def copy(base: Path, target: Path) -> None:
    """A consistent copy of a SQLite base, writers undisturbed. Raises OSError when it cannot be written.

    In one step, never page by page: that one starts again with every write and may never end.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = target.with_name(target.name + ".new")
    new.unlink(missing_ok=True)
    source, made = sqlite3.connect(base), sqlite3.connect(new)
    try:
        source.backup(made, pages=-1)
    finally:
        made.close()
        source.close()
    new.chmod(0o600)
    new.rename(target)


def before_upgrade(base: Path, now: datetime) -> Path | None:
    """A copy beside the base before its tables change; the last few are kept."""
    if not base.exists():
        return None
    folder = base.parent / "backups"
    target = folder / f"before-upgrade-{now:%Y%m%dT%H%M%SZ}.db"
    copy(base, target)
    for old in sorted(folder.glob("before-upgrade-*.db"))[:-KEPT]:
        old.unlink()
    return target
