"""What is kept of people goes when its time is over, or when they ask; what the law wants stays."""

import io
import json
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOW, TUESDAY_10, Clock, Shop, book_visit
from sqlalchemy import func, select, text

from shopvisio import calls, cases, config, db, invoices, mail, pictures, ratings, trials
from shopvisio.accounts import APPLIANCE, Actor
from shopvisio.calls import Message
from shopvisio.cases import Case, Entry, Photo
from shopvisio.errors import Conflict
from shopvisio.invoices import Kind
from shopvisio.mail import Mail
from shopvisio.orders import Order
from shopvisio.privacy import forgetting, person
from shopvisio.stills import Still
from shopvisio.trials import Result
from shopvisio.upkeep import Upkeep
from tests.invoices.sample_papers import REPAIRED

NAME = "Marie-Antoinette Delaunay-Charpentier"
OWNER = Actor("staff", "Claire Fontaine", 1)
SECRETS = (
    NAME, "marie@exemple.example", "+33639982750", "L’eau coule", "le robinet est à gauche", "Tante Jeanne", "clé 12",
)  # fmt: skip


@pytest.fixture
def told(shop: Shop, settled: config.Config) -> Case:
    """A closed repair with all that is ever kept of somebody, and its paper."""
    settled.uploads.mkdir()
    with db.writing():
        visit = book_visit(shop.repair, TUESDAY_10)
        case = visit.case
        cases.consent(case, "terms", "Conditions acceptées", "203.0.113.9", NOW)
        call = calls.arrive(visit, case.customer.actor, TUESDAY_10)
        call.guest, call.guest_name = "abc", "Tante Jeanne"
        words = "le robinet est à gauche"
        db.db.session.add(Message(call_id=call.id, at=TUESDAY_10, actor="customer", name=NAME, text=words))
        for file, kind in (("photo1234567.jpg", Photo), ("still1234567.jpg", Still)):
            for name in (file, pictures.small(file)):
                (settled.uploads / name).write_bytes(b"a picture")
            about = {"case_id": case.id, "file": file, "width": 4, "height": 3}
            if kind is Still:
                about |= {"appointment_id": visit.id, "at": TUESDAY_10, "actor": "customer", "name": NAME, "once": "o8"}
            else:
                about |= {"created": NOW}
            db.db.session.add(kind(**about))
        cases.note(case, "clé 12, elle est charmante", OWNER, NOW)
        trials.keep(case, Result(True, True, True, 0, 30, 900), "Firefox, Android", NOW)
        mail.compose("test", "marie@exemple.example", "fr", NOW, case_id=case.id)
        cases.propose(case, "repaired", "Joint changé.", shop.repairer.actor, TUESDAY_10)
        cases.answer(case, True, "", TUESDAY_10)
        ratings.rate(case, 5, "clé 12 : merci", TUESDAY_10)
        paper = invoices.issue(Kind.INVOICE, REPAIRED, case.id, TUESDAY_10)
        invoices.store_pdf(paper, b"%PDF")
    return case


def words_of_the_base(settled: config.Config) -> str:
    """Every text in the base, but the papers."""
    found = []
    for (table,) in db.db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")):
        if not table.startswith(("papers", "paper_files", "legal", "guide", "job")):
            found += [str(row) for row in db.db.session.execute(text(f'SELECT * FROM "{table}"'))]
    return "\n".join(found)


def test_an_erased_case_names_nobody_and_its_papers_stay(told: Case, settled: config.Config) -> None:
    before, key, number = words_of_the_base(settled), told.key, told.number
    assert all(secret in before for secret in SECRETS)
    with db.writing():
        files = forgetting.erase(told, OWNER, TUESDAY_10 + timedelta(hours=1))
    forgetting.drop(settled.uploads, files)
    after = words_of_the_base(settled)
    assert [secret for secret in SECRETS if secret in after] == []
    assert list(settled.uploads.iterdir()) == []
    [case] = db.db.session.scalars(select(Case))
    assert (case.number, case.outcome, case.device) == (number, "repaired", "Réservoir de WC")
    assert case.key != key, "the customer's links open nothing any more"
    assert [(line.kind, line.name, line.told["everything"]) for line in case.journal] == [
        ("erased", "Claire Fontaine", True)
    ]
    [paper] = invoices.of_case(case.id)
    assert invoices.pdf_of(paper) == b"%PDF"
    assert invoices.verify() == []
    assert db.db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    with db.writing():
        assert forgetting.erase(case, OWNER, TUESDAY_10 + timedelta(hours=2)) == [], "once"


def test_a_case_that_goes_on_is_not_erased(shop: Shop) -> None:
    with db.writing():
        case = book_visit(shop.repair, TUESDAY_10).case
        with pytest.raises(Conflict, match="en cours"):
            forgetting.erase(case, OWNER, NOW)
        assert case.customer.name == NAME


def test_pictures_and_words_go_after_a_year_and_names_after_five(told: Case, settled: config.Config) -> None:
    work = Upkeep(settled)

    def after(days: int) -> tuple[int, int, str]:
        work.retention({}, TUESDAY_10 + timedelta(days=days))
        db.db.session.expire_all()
        count = [db.db.session.scalar(select(func.count()).select_from(kind)) for kind in (Still, Message)]
        return count[0], count[1], db.db.session.scalars(select(Case)).one().customer.name

    assert after(364) == (1, 1, NAME)
    assert after(366) == (0, 0, NAME)
    assert list(settled.uploads.iterdir()) == []
    assert db.db.session.scalar(select(func.count()).select_from(Mail)) == 0
    kinds = [line.told for line in db.db.session.scalars(select(Entry).where(Entry.kind == "erased"))]
    assert {"pictures": 2, "by": ""} in kinds
    assert {"messages": 1, "mails": 1, "by": ""} in kinds
    assert after(5 * 365) == (0, 0, NAME)
    assert after(5 * 365 + 3) == (0, 0, "Personne effacée")
    assert len(invoices.of_case(told.id)) == 1


def test_what_was_ordered_is_brought_before_it_is_forgotten(told: Case) -> None:
    with db.writing():
        order = Order(
            number="C2026-0001", case_id=told.id, way="deliver", pay="transfer", name=NAME, street="1 rue Haute",
            placed=NOW, moved=NOW,
        )  # fmt: skip
        db.db.session.add(order)
        db.db.session.flush()
        assert "1 rue Haute" in str(person.told(told, []))
        with pytest.raises(Conflict, match="commande"):
            forgetting.erase(told, OWNER, NOW)
        assert forgetting.forget_some(NOW + timedelta(days=4000))[1], "nor does that hold up the night"
        assert told.customer.name == NAME
        order.state = "done"
        forgetting.erase(told, OWNER, NOW)
        db.db.session.expire_all()
        assert (order.number, order.name, order.street) == ("C2026-0001", "", "")


def test_pictures_stay_while_the_guarantee_runs(told: Case, settled: config.Config) -> None:
    with db.writing():
        told.guaranteed = (TUESDAY_10 + timedelta(days=800)).date()
    Upkeep(settled).retention({}, TUESDAY_10 + timedelta(days=790))
    assert db.db.session.scalar(select(func.count()).select_from(Still)) == 1


def test_a_file_that_nothing_names_goes_and_every_other_stays(
    told: Case, settled: config.Config, clock_: Clock
) -> None:
    folder = settled.uploads
    for name in ("lone12345678.jpg", "lone12345678.small.jpg", "young1234567.jpg", "logo of the shop.png", "README"):
        (folder / name).write_bytes(b"?")
    with db.writing():
        db.db.session.execute(text("CREATE TABLE later (picture VARCHAR)"))
        db.db.session.execute(text("INSERT INTO later VALUES ('[\"later1234567.jpg\"]')"))
    (folder / "later1234567.jpg").write_bytes(b"of a table that nobody thought of")
    old = NOW.timestamp() - 3 * 24 * 3600
    for path in folder.iterdir():
        if not path.name.startswith("young"):
            os.utime(path, (old, old))
    os.utime(folder / "young1234567.jpg", (NOW.timestamp(), NOW.timestamp()))
    gone = forgetting.sweep(settled.data / "shop.db", folder, NOW)
    assert sorted(gone) == ["lone12345678.jpg", "lone12345678.small.jpg"]
    assert {path.name for path in folder.iterdir()} == {
        "photo1234567.jpg", "photo1234567.small.jpg", "still1234567.jpg", "still1234567.small.jpg",
        "young1234567.jpg", "logo of the shop.png", "README", "later1234567.jpg",
    }  # fmt: skip


def test_all_that_is_kept_of_somebody_is_one_zip_to_read(told: Case, settled: config.Config, tmp_path: Path) -> None:
    about = person.told(told, ["23/11/2026 09:00 Marie réserve."])
    file = tmp_path / "copy.zip"
    asked = person.order([(told, about)], settled.uploads, settled.data / "shop.db", file, NOW)
    db.db.session.rollback()
    person.write(asked)
    zipped = zipfile.ZipFile(io.BytesIO(file.read_bytes()))
    numbered = {name for name in zipped.namelist() if name.startswith("photos/")}
    assert len(numbered) == 2
    assert zipped.read("papiers/F2026-000001.pdf") == b"%PDF"
    page, data = zipped.read("dossier.html").decode(), json.loads(zipped.read("dossier.json"))
    for words in (*SECRETS[:2], "L’eau coule", "le robinet est à gauche", "F2026-000001", "203.0.113.9"):
        assert words in page
        assert words in json.dumps(data, ensure_ascii=False)


def test_the_cases_of_a_person_are_those_of_their_mail_alone(shop: Shop) -> None:
    with db.writing():
        first, second, other = (book_visit(shop.repair, TUESDAY_10 + timedelta(days=n)).case for n in range(3))
        second.customer.email = "MARIE@exemple.example"
        other.customer.email = "husband@exemple.example"
    assert person.cases_of(first) == [second, first]
    assert person.cases_of(other) == [other], "the same telephone does not make two people one"


def test_the_erasure_of_nobody_in_particular_is_the_appliances(told: Case) -> None:
    with db.writing():
        forgetting.erase(told, APPLIANCE, NOW)
    assert db.db.session.scalars(select(Entry)).one().name == ""
