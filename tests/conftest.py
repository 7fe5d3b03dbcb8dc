"""The stage of every test: a scratch appliance, a clock that stands still, and the standing cast."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

import greenlet
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from shopvisio import accounts, backup, booking, cases, catalogue, clock, config, db, demo, i18n, jobs, settings
from shopvisio.accounts import Customer, Staff
from shopvisio.booking import Appointment, Service
from shopvisio.cases import Case, Intake
from shopvisio.web import presence

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday, 9 h in Paris
TUESDAY_10 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # 10 h in Paris
PASSWORD = demo.PASSWORD


# they carry media or watch the time: nothing runs beside them
ALONE = (
    *(f"browser/test_{name}" for name in ("before", "call", "coming", "desk", "repair", "whole")),
    *(f"rtc/test_{name}" for name in ("backup", "browsers", "fuzz", "networks")),
    *("test_bench", "test_hub"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that want the machine for themselves."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(ALONE):
            item.add_marker("alone")


@dataclass
class Clock:
    """What time it is for the whole appliance; ``pass_`` lets some of it go by."""

    now: datetime = NOW

    def pass_(self, **length: float) -> datetime:
        """Let timedelta(**length) go by."""
        self.now += timedelta(**length)
        return self.now


@dataclass
class FakeRelay:
    """Stands behind the door of ``rtc`` for tests of pages: it answers at once and notes who came."""

    events: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    joined: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    recorded: list[tuple[str, bool]] = field(default_factory=list)
    copied: tuple[int, int] = (0, 0)

    def stats(self) -> Future[dict[str, Any]]:
        """Prompt, and nobody there."""
        done: Future[dict[str, Any]] = Future()
        done.set_result({"lag": 0.0, "rooms": {}})
        return done

    def join(self, room: str, seat: str, offer: str, place: int | None = None) -> Future[str]:
        """An answer for anybody."""
        self.joined.append((room, seat))
        done: Future[str] = Future()
        done.set_result("v=0 answer")
        return done

    def record(self, room: str, sock: Any) -> Future[tuple[int, int]]:
        """Copied from now on, or not; what was until now."""
        before = self.recorded[-1:] == [(room, True)]
        self.recorded.append((room, sock is not None))
        done: Future[tuple[int, int]] = Future()
        done.set_result(self.copied if before else (0, 0))
        return done

    def leave(self, room: str, seat: str) -> Future[None]:
        """Gone."""
        self.left.append((room, seat))
        done: Future[None] = Future()
        done.set_result(None)
        return done


@dataclass
class Shop:
    """A claimed shop with its people and services."""

    owner: Staff
    seller: Staff
    repairer: Staff
    repair: Service
    sale: Service


@pytest.fixture(autouse=True)
def nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins with nobody in any call, as an appliance does that was just started."""
    monkeypatch.setattr(presence, "_now", type(presence._now)())


@pytest.fixture(autouse=True)
def french_eyes() -> None:
    """Every test begins with a French reader, whoever read last."""
    i18n.set_eyes("fr", ZoneInfo("Europe/Paris"))


@pytest.fixture(autouse=True)
def tripwire() -> Iterator[None]:
    """Nobody may switch greenlets while a write is open: it would freeze the whole process."""
    faults: list[str] = []

    def watch(event: str, args: Any) -> None:
        if event == "switch" and db.is_writing():
            faults.append(f"{args[0]} -> {args[1]}")

    before = greenlet.settrace(watch)
    yield
    greenlet.settrace(before)
    assert not faults, f"a greenlet was switched inside a write: {faults}"


@pytest.fixture
def clock_(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands at NOW until it is told."""
    stopped = Clock()
    monkeypatch.setattr(clock, "now", lambda: stopped.now)
    return stopped


@pytest.fixture
def settled(tmp_path: Path) -> config.Config:
    """A configuration in a scratch folder."""
    return config.load(
        {"SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "8443"}
    )


# what protects real passwords takes long on purpose; here it is a hundred sign-ins a minute
accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty base as the migrations make it: each test starts on a copy."""
    from shopvisio.app import create_app

    folder = tmp_path_factory.mktemp("migrated")
    create_app(config.load({"SHOPVISIO_DATA": str(folder / "data")}))
    backup.copy(folder / "data" / "shop.db", folder / "shop.db")
    return folder / "shop.db"


@pytest.fixture(scope="session")
def opened(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with a shop that is open since NOW, the standing cast in it: each test starts on a copy."""
    folder = tmp_path_factory.mktemp("opened")
    shutil.copy(migrated, folder / "shop.db")
    bare = Flask("opened")
    bare.config.update(SQLALCHEMY_DATABASE_URI=db.url(folder), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options())
    db.db.init_app(bare)
    with bare.app_context():
        db.prepare()
        open_shop(NOW)
        db.db.session.remove()
        db.db.engine.dispose()
    return folder / "shop.db"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))


@pytest.fixture
def house(settled: config.Config, migrated: Path) -> Iterator[Flask]:
    """The nouns of the shop on an empty base, without pages: an application context is open."""
    bare = Flask("house")
    bare.config.update(
        SQLALCHEMY_DATABASE_URI=db.url(settled.data), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(), SHOP=settled
    )
    db.db.init_app(bare)
    shutil.copy(migrated, settled.data / "shop.db")
    with bare.app_context():
        db.prepare()
        yield bare
        db.db.session.remove()
        db.db.engine.dispose()


@pytest.fixture
def app(
    settled: config.Config, clock_: Clock, migrated: Path, compiled: FileSystemBytecodeCache
) -> Iterator[Flask]:
    """The whole application on its migrated base, a fake relay behind the door of ``rtc``."""
    from shopvisio.app import create_app

    shutil.copy(migrated, settled.data / "shop.db")
    made = create_app(settled)
    made.jinja_env.bytecode_cache = compiled
    made.testing = True
    made.config["WTF_CSRF_ENABLED"] = False  # its own tests switch it on
    made.extensions["relay"] = FakeRelay()
    yield made
    with made.app_context():
        db.db.session.remove()
        db.db.engine.dispose()


def open_shop(now: datetime) -> Shop:
    """The standing cast in a claimed shop, open Monday to Saturday 9–12 and 14–18."""
    with db.writing():
        settings.put(demo.SHOP, "tests", now)
        owner = accounts.add_staff("Claire Fontaine", "owner@shop.example", PASSWORD, "owner", now)
        seller = accounts.add_staff("Nadia Roux", "seller@shop.example", PASSWORD, "seller", now, takes_sales=True)
        repairer = accounts.add_staff(
            "Karim Benali", "repairer@shop.example", PASSWORD, "repairer", now, takes_repairs=True
        )
        for person in (owner, seller, repairer):
            booking.set_hours(person, demo.OPEN)
        repair, sale = booking.first_services()
        catalogue.add("Cafetière Lumio 12 tasses", "89,90", "https://boutique.example/cafetiere", "Noir", now)
    return Shop(owner, seller, repairer, repair, sale)


@pytest.fixture
def shop(house: Flask) -> Shop:
    """A claimed shop, for tests of the nouns."""
    return open_shop(NOW)


@pytest.fixture
def open_app(app: Flask, settled: config.Config, opened: Path) -> Flask:
    """The application with a claimed shop."""
    with app.app_context():
        db.db.session.remove()
        db.db.engine.dispose()
    shutil.copy(opened, settled.data / "shop.db")
    return app


@pytest.fixture
def stranger(open_app: Flask) -> FlaskClient:
    """Anybody from the street."""
    return open_app.test_client()


def _signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/signin", data={"email": email, "password": PASSWORD})
    assert answer.status_code in (302, 303), answer.text
    return client


@pytest.fixture
def owner_client(open_app: Flask) -> FlaskClient:
    """The owner, signed in."""
    return _signed_in(open_app, "owner@shop.example")


@pytest.fixture
def seller_client(open_app: Flask) -> FlaskClient:
    """The seller, signed in."""
    return _signed_in(open_app, "seller@shop.example")


@pytest.fixture
def repairer_client(open_app: Flask) -> FlaskClient:
    """The repairer, signed in."""
    return _signed_in(open_app, "repairer@shop.example")


def a_customer(now: datetime = NOW, name: str = "Marie-Antoinette Delaunay-Charpentier") -> Customer:
    """Somebody whose cistern leaks."""
    return Customer(name=name, email="marie@exemple.example", phone="+33639982750", created=now)


def book_visit(service: Service, start: datetime, now: datetime = NOW) -> Appointment:
    """A new case with its first appointment, in the caller's write."""
    about = Intake("Réservoir de WC", "Sanilux", "Duo 3/6 L", "L’eau coule en continu.")
    case = cases.open_case(service.kind, a_customer(now), about, now)
    return booking.book(case, service, start, now)


@pytest.fixture
def booked(shop: Shop) -> Case:
    """A repair booked for Tuesday at 10 h."""
    with db.writing():
        case = book_visit(shop.repair, TUESDAY_10).case
    return case


@pytest.fixture
def booked_key(open_app: Flask) -> str:
    """The key of an appointment of a repair, Tuesday at 10 h, in the whole application."""
    with open_app.app_context():
        with db.writing():
            key = book_visit(booking.services("repair")[0], TUESDAY_10).key
        return key


@pytest.fixture
def case_path(open_app: Flask, booked_key: str) -> str:
    """The customer's own page: ``/case/<token>``."""
    from shopvisio.web import guard

    with open_app.app_context():
        found = booking.find(booked_key)
        assert found is not None
        return f"/case/{guard.token_of(found.case)}"


@pytest.fixture
def run_jobs(open_app: Flask, clock_: Clock) -> Callable[[], int]:
    """Run all due jobs with the real handlers; answers how many there were."""

    def run() -> int:
        done = 0
        with open_app.app_context():
            while jobs.run_due(open_app.extensions["handlers"], clock_.now):
                done += 1
        return done

    return run
