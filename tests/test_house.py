"""Who may know whom: the walls of the house."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "shopvisio"
LEAVES = {"errors", "clock", "config", "money", "db", "i18n", "links", "log", "qr"}
FILES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)


def room(path: Path) -> str:
    """``web`` for everything in ``web/``, else the file's own name."""
    inside = path.relative_to(ROOT)
    return inside.parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module a file imports, however deep."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def top(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def ours(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("shopvisio.")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_library_stays_in_its_room(path: Path) -> None:
    used, here = top(imports(path)), room(path)
    assert here == "hub" or "eventlet" not in used, "eventlet is hub's alone"
    assert here == "rtc" or not {"aiortc", "aioice", "pylibsrtp"} & used, "the relay's libraries are rtc's alone"
    assert here in ("app", "base", "cli", "web", "serving") or not {"flask", "werkzeug", "flask_wtf"} & used, (
        "the domain knows no request"
    )
    assert here == "mail" or "smtplib" not in used, "mail is sent in one place"
    assert here == "invoices" or "weasyprint" not in used, "papers are drawn in one room"
    assert here == "cards" or "stripe" not in used, "cards are taken in one room"
    assert here == "backup" or not {"boto3", "botocore"} & used, "backups are carried away in one room"
    assert here == "certificate" or not {"acme", "josepy"} & used, "certificates are ordered in one room"
    assert here == "qr" or "segno" not in used, "QR codes are drawn in one room"
    assert here == "passkeys" or "webauthn" not in used, "passkeys are checked in one room"
    assert here == "second" or "pyotp" not in used, "the codes of a telephone are checked in one room"


@pytest.mark.parametrize("leaf", sorted(LEAVES))
def test_leaves_import_leaves_only(leaf: str) -> None:
    assert ours(imports(ROOT / f"{leaf}.py")) <= LEAVES


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_never_point_back(path: Path) -> None:
    here, known = room(path), ours(imports(path))
    if here not in ("app", "cli", "web", "serving", "demo", "__main__"):
        assert not {"web", "app", "cli", "serving", "demo"} & known
    if here == "rtc":
        assert known <= LEAVES | {"rtc"}
    if here == "invoices":
        assert known <= LEAVES | {"invoices", "child"}


def test_only_the_clock_reads_the_clock() -> None:
    guilty = [
        str(path.relative_to(ROOT))
        for path in FILES
        if room(path) not in ("clock", "rtc")
        and ("datetime.now(" in path.read_text() or ".utcnow(" in path.read_text())
    ]
    assert guilty == []


def test_nobody_monkey_patches() -> None:
    assert [str(path) for path in FILES if "monkey_patch" in path.read_text()] == []


def test_every_link_that_a_page_or_mail_makes_leads_somewhere(app) -> None:  # noqa: ANN001
    """An endpoint that was renamed is renamed everywhere, also where no test comes by."""
    asked = re.compile(r"""url_for\(\s*['"](\w+\.\w+)['"]""")
    texts = [path.read_text() for kind in ("*.html", "*.txt", "*.py") for path in ROOT.rglob(kind)]
    assert {name for text in texts for name in asked.findall(text)} - set(app.view_functions) == set()


def test_the_base_and_its_migrations_agree(app) -> None:  # noqa: ANN001
    """No table or column without its migration."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from shopvisio.db import Base, db

    for noun in ROOT.glob("*.py"):  # tables of nouns that no page uses yet, too
        if noun.stem != "__main__":
            import_module(f"shopvisio.{noun.stem}")

    def is_ours(_thing: object, name: str | None, kind: str, *_more: object) -> bool:
        return not (kind == "table" and (name or "").startswith("product_words"))  # the full-text index: SQLite's own

    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, Base.metadata) == []
