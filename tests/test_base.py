"""The base is brought to this version's tables by a child, which says why where it cannot."""

from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from alembic.script import ScriptDirectory

from shopvisio import base, config
from shopvisio.app import create_app
from shopvisio.config import BadConfig


def test_the_newest_migration_is_the_one_head_and_bears_the_highest_number() -> None:
    assert ScriptDirectory(str(base.MIGRATIONS)).get_heads() == [base.newest()]


@pytest.fixture
def served(tmp_path: Path, migrated: Path) -> config.Config:
    """A data folder whose base is of this version."""
    settled = config.load({"SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_PORT": "8080"})
    (settled.data / "shop.db").write_bytes(migrated.read_bytes())
    return settled


def write(settled: config.Config, statement: str) -> None:
    with closing(connect(settled.data / "shop.db")) as opened:
        opened.execute(statement)
        opened.commit()


def test_a_base_of_a_later_version_is_refused_with_a_sentence_and_left_as_it_is(served: config.Config) -> None:
    write(served, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadConfig, match="later version"):
        create_app(served)
    assert not list(served.data.glob("*before*"))


def test_a_migration_that_fails_says_why_and_leaves_the_base_as_it_was(served: config.Config) -> None:
    write(served, "UPDATE alembic_version SET version_num = '0001'")  # what is there is made again
    with pytest.raises(BadConfig, match="duplicate column"):
        create_app(served)
    with closing(connect(served.data / "shop.db")) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
