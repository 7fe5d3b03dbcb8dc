"""The one place that knows every part and joins them."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from shopvisio import accounts, backup, base, clock, db, guides, hub, jobs, legal, links, settings
from shopvisio.cards.till import Till
from shopvisio.cases import Case
from shopvisio.catalogue.imports import Importer
from shopvisio.catalogue.pages import Gatherer
from shopvisio.claim import Claim
from shopvisio.config import BadConfig, Config, load
from shopvisio.intake import Draft
from shopvisio.invoices import Paper
from shopvisio.jobs import Handler, Job
from shopvisio.letters import Letters
from shopvisio.upkeep import Upkeep
from shopvisio.web import (
    accept,
    account,
    aftercare,
    agenda,
    assets,
    audit,
    available,
    backups,
    baskets,
    billing,
    book,
    books,
    call,
    confirm,
    counter,
    customer,
    desk,
    diagnosis,
    dictation,
    door,
    erasing,
    feed,
    following,
    front,
    health,
    history,
    inquiries,
    joining,
    knock,
    look,
    metrics,
    orders,
    overview,
    owner,
    parts,
    passkeys,
    phone,
    plates,
    practice,
    products,
    public,
    recordings,
    register,
    resetting,
    restoring,
    safety,
    setup,
    signalling,
    steps,
    stills,
    summaries,
    trial,
    turning,
    withdrawal,
    wording,
)
from shopvisio.web import bonus as bonus_pages
from shopvisio.web import cards as card_pages
from shopvisio.web import certificate as certificate_pages
from shopvisio.web import guides as guide_pages
from shopvisio.web import legal as legal_pages

log = logging.getLogger(__name__)

WEB = Path(__file__).parent / "web"
WORKERS = 3  # a slow mail server must not keep an invoice waiting
LONGEST_NAP = 30.0  # seconds: jobs written by another process are found within this

BLUEPRINTS = (
    health,
    metrics,
    public,
    door,
    book,
    safety,
    confirm,
    inquiries,
    available,
    customer,
    card_pages,
    aftercare,
    withdrawal,
    legal_pages,
    call,
    baskets,
    orders,
    stills,
    steps,
    guide_pages,
    desk,
    following,
    parts,
    plates,
    counter,
    accept,
    feed,
    agenda,
    billing,
    bonus_pages,
    books,
    history,
    look,
    setup,
    owner,
    certificate_pages,
    knock,
    diagnosis,
    products,
    backups,
    restoring,
    erasing,
    joining,
    resetting,
    account,
    passkeys,
    audit,
    overview,
    trial,
    dictation,
    wording,
    phone,
    practice,
    turning,
    summaries,
    recordings,
)


class _Shop(Flask):
    """Links that leave a page lead to the shop's public address, by whatever address the page itself was asked for."""

    def url_for(self, /, endpoint: str, *, _external: bool | None = None, **values: Any) -> str:
        home = settings.public_url(self.config["SHOP"]) if _external else ""
        return home + super().url_for(endpoint, _external=None if home else _external, **values)


def create_app(config: Config) -> Flask:
    """The application, its base upgraded, ready to serve pages; calls need :func:`start` too."""
    app = _Shop("shopvisio.web", root_path=str(WEB), static_folder=None)
    app.config.update(
        SHOP=config,
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=140 << 20,  # six photos too heavy by half still get a sentence each
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="shopvisio",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,  # a page left open all day must still send its form
    )
    config.arriving.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(config.arriving)  # big uploads spool to the disk, not to a small /tmp in memory
    base.open_for(app, config)
    with app.app_context(), db.writing():
        _keep_apart(config.test)
        guides.keep_starters(clock.now())
        if accounts.is_claimed():
            legal.keep(clock.now())  # a new release may bring other starting texts
    register(app)
    assets.register(app, WEB / "static")
    for room in BLUEPRINTS:
        app.register_blueprint(room.blueprint)
    app.extensions["claim"] = Claim(config.secrets)
    app.extensions["till"] = till = _till(config)
    app.extensions["handlers"] = {
        **_letters(config).handlers(),
        **till.handlers(),
        **Importer(config).handlers(),
        **Gatherer(config).handlers(),
        **Upkeep(config).handlers(),
    }
    signalling.register(app)

    def home() -> str:
        with app.app_context():
            return settings.public_url(config)

    app.wsgi_app = front.Front(app.wsgi_app, config, home)  # type: ignore[assignment, method-assign]
    return app


def _keep_apart(test: bool) -> None:
    """A base of the test mode is never served as a real one, nor a real one as a test. Raises BadConfig."""
    if settings.is_test() == test:
        return
    if not test:
        raise BadConfig("This data folder was made with SHOPVISIO_TEST=yes: nothing in it is real. Choose another one.")
    if accounts.is_claimed():
        raise BadConfig("SHOPVISIO_TEST=yes: this data folder holds a real shop. Choose another one.")
    settings.mark_test()


def _case_url(config: Config, case: Case) -> str:
    return f"{settings.base_url(config)}/case/{links.sign(config.secret_key, links.CASE, case.key)}"


def _till(config: Config) -> Till:
    def paid_url(case: Case, paper: Paper) -> str:
        return f"{_case_url(config, case)}/paper/{paper.number}/paid"

    return Till(config, partial(_case_url, config), paid_url)


def _letters(config: Config) -> Letters:
    def desk_url(case: Case) -> str:
        return f"{settings.base_url(config)}/desk/cases/{case.key}"

    def hold_url(draft: Draft) -> str:
        return f"{settings.base_url(config)}/confirm/{links.sign(config.secret_key, links.HOLD, draft.key)}"

    return Letters(config, partial(_case_url, config), hold_url, desk_url)


def start_jobs(app: Flask) -> None:
    """Set the workers going; :func:`shopvisio.web.wake_jobs` rings their alarm."""
    alarm = hub.Alarm()
    app.extensions["jobs_alarm"] = alarm
    with app.app_context(), db.writing():
        jobs.take_up(clock.now())
        for daily in ("tidy", "close-books", "backup", "retention"):
            if db.db.session.scalar(select(Job.id).where(Job.kind == daily, Job.state == "waiting")) is None:
                jobs.enqueue(daily, clock.now())
    for _ in range(WORKERS):
        hub.spawn(_work, app, alarm)


def _work(app: Flask, alarm: hub.Alarm) -> None:
    handlers: Mapping[str, Handler] = app.extensions["handlers"]
    while True:
        try:
            with app.app_context():
                found = jobs.run_due(handlers, clock.now())
                due = jobs.next_due()
        except Exception:
            log.exception("worker")
            found, due = False, None
        if not found:
            nap = (due - clock.now()).total_seconds() if due else LONGEST_NAP
            alarm.wait(min(max(nap, 0.05), LONGEST_NAP))


@contextmanager
def rehearsal(kept: Path) -> Iterator[Flask]:
    """The whole application on a copy of the base ``kept``, its tables brought to this version: what an update, and the
    test of a backup, try first. Raises BadConfig with the sentence when the base is damaged, or cannot be served."""
    with tempfile.TemporaryDirectory(prefix="tmp-", dir=kept.parent) as scratch:
        copied = Path(scratch) / "shop.db"
        backup.copy(kept, copied)
        if not base.is_sound(copied):
            raise BadConfig("The base itself is damaged: restore a backup.")
        app = create_app(replace(load({"SHOPVISIO_DATA": scratch}), test=base.is_test(copied)))
        with app.app_context():
            yield app
            db.db.session.remove()
            db.db.engine.dispose()
