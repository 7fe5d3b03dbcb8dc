"""Settings are saved: what that sets going, wherever they were typed."""

from collections.abc import Mapping
from datetime import datetime

from flask import current_app

from shopvisio import audit, jobs, legal, settings
from shopvisio.accounts import Staff
from shopvisio.web import wake_jobs


def put(typed: Mapping[str, str], by: Staff, now: datetime) -> list[str]:
    """Keep what was typed, in the caller's write; answers the names that changed. Raises Invalid, changing nothing."""
    changed = settings.put(typed, by.name, now)
    if changed:
        audit.note("settings", by.name, now, names=changed)
    legal.keep(now)
    for job in jobs.in_trouble("paper", "send-backup") if changed else ():
        jobs.retry(job, now)  # it may have waited for just this answer
    return changed


def wake() -> None:
    """Once it is written: what waited for it looks again."""
    wake_jobs()
    if watch := current_app.extensions.get("reach"):
        watch.again()
    if keeper := current_app.extensions.get("certificate"):
        keeper.ask()
