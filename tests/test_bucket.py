"""Backups in a bucket: the very file arrives, old ones go, what does not arrive is a sentence; and the way back."""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import cli, config, settings
from shopvisio.backup import bucket, courier, keeping
from shopvisio.backup.bucket import Bucket
from shopvisio.db import writing
from shopvisio.errors import Invalid, Unavailable
from shopvisio.web.typed import shown
from tests import s3_stand_in
from tests.s3_stand_in import Storage

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def everybodys_storage() -> Iterator[Storage]:
    with s3_stand_in.serving() as storage:
        yield storage


@pytest.fixture
def storage(everybodys_storage: Storage) -> Storage:
    """Storage with nothing in its bucket."""
    everybodys_storage.__dict__.update(asdict(Storage(everybodys_storage.address)))
    return everybodys_storage


@pytest.fixture
def there(storage: Storage) -> Bucket:
    """Where it is, and the keys that open it."""
    return Bucket(storage.address, s3_stand_in.REGION, s3_stand_in.BUCKET, s3_stand_in.KEY, s3_stand_in.SECRET)


@pytest.fixture
def in_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The courier in this very process: what it asks is the same, a second sooner."""
    monkeypatch.setattr(courier, "SLOWEST", 1 << 30)
    monkeypatch.setattr(bucket, "_carried", courier.answer)


def a_backup(folder: Path, made: datetime, length: int = 1000) -> Path:
    file = folder / f"shopvisio-0.1.0-{made:%Y%m%dT%H%M%SZ}.tar.age"
    file.write_bytes(os.urandom(length))
    return file


# -- the bucket


def test_the_very_file_arrives_by_a_child_process_and_comes_back(
    storage: Storage, there: Bucket, tmp_path: Path
) -> None:
    file = a_backup(tmp_path, NOW)
    bucket.send(there, str(file), PARIS)
    assert storage.files == {file.name: file.read_bytes()}
    assert bucket.listed(there) == [file.name]
    back = tmp_path / "back"
    bucket.ask(there, "fetch", name=file.name, file=str(back))
    assert back.read_bytes() == file.read_bytes()
    assert back.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "back.part").exists()


def test_a_large_file_goes_in_parts(storage: Storage, there: Bucket, tmp_path: Path, in_here: None) -> None:
    file = a_backup(tmp_path, NOW, 9 << 20)
    bucket.send(there, str(file), PARIS)
    assert storage.asked.count(f"PUT /shop/{file.name}") == 2
    assert storage.files[file.name] == file.read_bytes()
    bucket.ask(there, "fetch", name=file.name, file=str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_one_that_came_cut_off_is_not_taken_for_whole(
    storage: Storage, there: Bucket, tmp_path: Path, in_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = s3_stand_in.answer

    def cut(storage: Storage, method: str, name: str, query: dict[str, str], body: bytes) -> object:
        return whole(storage, method, name, query, body[:-1] if method == "PUT" else body)

    monkeypatch.setattr(s3_stand_in, "answer", cut)
    with pytest.raises(Unavailable, match="incomplète"):
        bucket.send(there, str(a_backup(tmp_path, NOW)), PARIS)


def test_those_whose_time_is_over_leave_and_what_is_not_ours_stays(
    storage: Storage, there: Bucket, tmp_path: Path, in_here: None
) -> None:
    earlier, kept = (a_backup(tmp_path, NOW - timedelta(days=1, hours=n)).name for n in (2, 1))
    storage.files |= dict.fromkeys((earlier, kept, "shopvisio-notes.txt", "holiday.jpg"), b"x")
    newest = a_backup(tmp_path, NOW)
    bucket.send(there, str(newest), PARIS)
    assert set(storage.files) == {newest.name, kept, "shopvisio-notes.txt", "holiday.jpg"}


def test_of_two_years_of_nights_those_stay_that_stay_here_too() -> None:
    nights = [NOW - timedelta(days=n) for n in range(730)]
    names = {f"shopvisio-0.1.{n % 9}-{night:%Y%m%dT%H%M%SZ}.tar.age": night for n, night in enumerate(nights)}
    gone = set(bucket.outlived([*names, "shopvisio-x.tar.age", "holiday.jpg"], PARIS))
    assert {names[name] for name in names.keys() - gone} == keeping.chosen(nights, PARIS)
    assert "holiday.jpg" not in gone


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"secret": "guessed"}, "refuse cette clé"),
        ({"key": "somebody"}, "refuse cette clé"),
        ({"region": "elsewhere"}, "refuse cette clé"),
        ({"bucket": "elsewhere"}, "Le bucket elsewhere n’existe pas"),
        ({"url": "http://127.0.0.1:9"}, "ne répond pas"),
    ],
)
def test_what_the_storage_refuses_is_a_sentence(
    storage: Storage, there: Bucket, tmp_path: Path, in_here: None, changed: dict[str, str], words: str
) -> None:
    with pytest.raises(Unavailable, match=words):
        bucket.send(replace(there, **changed), str(a_backup(tmp_path, NOW)), PARIS)
    assert storage.files == {}


# -- the shop


@pytest.fixture
def shop(open_app: Flask, owner_client: FlaskClient, there: Bucket, in_here: None) -> Flask:
    """A shop with a recovery key, whose owner wrote the bucket into the settings."""
    owner_client.post("/desk/backups/key")
    write(open_app, there)
    open_app.extensions["handlers"]["test-restore"] = lambda _facts, _now: None  # its own story
    return open_app


def write(app: Flask, there: Bucket) -> None:
    """As the owner types it."""
    with app.app_context(), writing():
        settings.put(typed(there), "tests", NOW)


def typed(there: Bucket) -> dict[str, str]:
    """The boxes of the settings page."""
    return {f"s3_{name}": value for name, value in asdict(there).items()}


def test_each_backup_is_sent_and_one_that_does_not_arrive_is_on_the_desk_until_it_does(
    shop: Flask, owner_client: FlaskClient, storage: Storage, there: Bucket, run_jobs: Callable[[], int]
) -> None:
    assert "rien encore" in owner_client.get("/desk/backups").text
    write(shop, replace(there, secret="guessed"))
    run_jobs()
    for path in ("/desk", "/desk/backups"):
        page = owner_client.get(path).text
        assert "n’est pas arrivée dans le bucket" in page
        assert "refuse cette clé" in page
    assert storage.files == {}
    with shop.app_context():
        boxes = {one.name: shown(one.name) for one in settings.SETTINGS.values() if one.group == settings.DATA}
    assert owner_client.post("/desk/settings/data", data=boxes | typed(there)).status_code == 303
    run_jobs()
    with shop.app_context():
        made = keeping.latest()
        assert made is not None
        assert made.sent == keeping.last_away() == NOW
        file = Path(made.path)
    assert storage.files == {file.name: file.read_bytes()}, "what was mended is tried at once"
    assert "n’est pas arrivée" not in owner_client.get("/desk").text
    page = owner_client.get("/desk/backups").text
    assert "shop, lundi 23 novembre," in page
    assert "même disque" not in page


def test_a_bucket_half_written_down_is_asked_for_by_field(open_app: Flask) -> None:
    with open_app.app_context():
        with pytest.raises(Invalid) as refused:
            settings.read({"s3_url": "https://s3.example", "s3_bucket": "", "s3_key": "", "s3_secret": ""})
        assert set(refused.value.fields) == {"s3_bucket", "s3_key", "s3_secret"}
        for url in ("s3.example", "https://s3.example/shop", "https://a@s3.example", "file:///etc"):
            with pytest.raises(Invalid):
                settings.read({"s3_url": url})


def test_it_comes_back_by_command(
    open_app: Flask, settled: config.Config, storage: Storage, there: Bucket, in_here: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    name = f"shopvisio-0.1.0-{NOW:%Y%m%dT%H%M%SZ}.tar.age"
    storage.files |= {name: b"sealed", "shopvisio-notes.txt": b"by hand"}
    file = settled.backups / name
    monkeypatch.setattr(cli, "_config", lambda: settled)
    monkeypatch.setattr(cli, "_app", lambda _settled: open_app)

    def fetch(*words: str, typed: str = "") -> str:
        done = CliRunner().invoke(cli.main, ["fetch", *words], input=typed)
        return done.output if done.exit_code == 0 else f"refused: {done.output}"

    assert fetch().startswith("refused"), "no bucket is known yet"
    where = ("--url", there.url, "--region", there.region, "--bucket", there.bucket, "--key", there.key)
    assert name in fetch(*where, typed=f"{there.secret}\n")
    write(open_app, there)
    assert fetch() == f"{name}\n"
    for wrong in ("shopvisio-0.1.0-20200101T000000Z.tar.age", "shopvisio-notes.txt", "../../etc/passwd"):
        assert fetch(wrong).startswith("refused")
    assert fetch(name).splitlines() == [str(file), f"shopvisio restore {file}"]
    assert file.read_bytes() == b"sealed"
