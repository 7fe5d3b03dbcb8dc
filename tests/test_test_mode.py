"""The test mode cannot be mistaken for the real one, nor the one become the other."""

from pathlib import Path

import pytest
from conftest import NOW, Clock, open_shop
from test_payments import bill

from shopvisio import config, db, invoices, mail, settings
from shopvisio.app import create_app
from shopvisio.config import BadConfig

ENV = {"SHOPVISIO_PORT": "8080", "SHOPVISIO_TLS_PORT": "8443"}


def settled(folder: Path, test: str) -> config.Config:
    return config.load(ENV | {"SHOPVISIO_DATA": str(folder), "SHOPVISIO_TEST": test})


def test_everything_says_that_nothing_is_real(tmp_path: Path, clock_: Clock) -> None:
    app = create_app(settled(tmp_path, "yes"))
    app.testing = True
    assert (tmp_path / "test" / "shop.db").exists()
    assert not (tmp_path / "shop.db").exists()
    with app.app_context():
        assert settings.is_test()
        said = invoices.read(bill(open_shop(NOW)).invoice)
        assert said.facts.test
        assert mail.preview("test", "fr")[0].startswith("[Test] ")
    for path in ("/", "/signin", "/book/1"):
        page = app.test_client().get(path).text
        assert "Rien ici n’est réel" in page
        assert "style/test-mode.css" in page


def test_a_real_shop_says_nothing_of_the_kind(open_app: object, stranger: object) -> None:
    assert "test-mode" not in stranger.get("/").text  # type: ignore[attr-defined]


def test_a_test_base_is_never_served_as_a_real_one(tmp_path: Path, clock_: Clock) -> None:
    create_app(settled(tmp_path, "yes"))
    with pytest.raises(BadConfig, match="nothing in it is real"):
        create_app(settled(tmp_path / "test", "no"))


def test_a_real_base_is_never_served_as_a_test(tmp_path: Path, clock_: Clock) -> None:
    real = create_app(settled(tmp_path, "no"))
    with real.app_context():
        open_shop(NOW)
        db.db.session.remove()
        db.db.engine.dispose()
    moved = tmp_path / "other" / "test"
    moved.mkdir(parents=True)
    (moved / "shop.db").write_bytes((tmp_path / "shop.db").read_bytes())
    with pytest.raises(BadConfig, match="holds a real shop"):
        create_app(settled(tmp_path / "other", "yes"))
