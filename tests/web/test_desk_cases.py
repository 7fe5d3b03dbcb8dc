"""The desk's page of a case: everything about it, and every act its state allows."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOW, TUESDAY_10, Clock, a_customer, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import booking, calls, cases, invoices, mail, parts, payments, settings
from shopvisio.cases import Case, Intake, Photo
from shopvisio.db import db, writing
from shopvisio.parts import Wanted

CALLED = TUESDAY_10 + timedelta(minutes=40)


@pytest.fixture
def key(open_app: Flask, booked_key: str) -> str:
    """The key of a repair booked for Tuesday at 10 h."""
    with open_app.app_context():
        appointment = booking.find(booked_key)
        assert appointment is not None
        return appointment.case.key


@pytest.fixture
def sale_key(open_app: Flask) -> str:
    with open_app.app_context(), writing():
        return book_visit(booking.services("sale")[0], TUESDAY_10).case.key


def case_of(key: str) -> Case:
    found = cases.find(key)
    assert found is not None
    return found


def propose(client: FlaskClient, key: str, outcome: str = "repaired", words: str = "Joint changé.") -> int:
    return client.post(f"/desk/cases/{key}/propose", data={"outcome": outcome, "words": words, "tell": "y"}).status_code


def test_the_page_tells_everything_about_the_case(repairer_client: FlaskClient, key: str) -> None:
    page = repairer_client.get(f"/desk/cases/{key}").text
    for told in ("Marie-Antoinette Delaunay-Charpentier", "D2026-0001", "Sanilux", "L’eau coule en continu", "29,00"):
        assert told in page
    assert "réserve le 1er appel" in page
    assert "06\u00a039\u00a098\u00a027\u00a050" in page


def test_what_a_customer_typed_is_shown_as_text(open_app: Flask, repairer_client: FlaskClient) -> None:
    with open_app.app_context(), writing():
        customer = a_customer(name="<script>alert(1)</script>")
        case = cases.open_case("repair", customer, Intake("Lave-linge", symptom='"><img src=x>'), NOW)
        key = case.key
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


@pytest.mark.parametrize("path", ["", "/photo/1"])
def test_a_case_that_is_not_there_is_not_found(repairer_client: FlaskClient, path: str) -> None:
    assert repairer_client.get(f"/desk/cases/nothing{path}").status_code == 404


def test_a_stranger_is_led_to_the_door(stranger: FlaskClient, key: str) -> None:
    assert stranger.get(f"/desk/cases/{key}").location == f"/signin?next=/desk/cases/{key}"
    assert stranger.post(f"/desk/cases/{key}/propose", data={"outcome": "repaired"}).status_code == 401


def test_proposing_waits_for_the_customer(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    assert propose(repairer_client, key) == 303
    with open_app.app_context():
        case = case_of(key)
        assert (case.state, case.outcome, case.tried) == ("proposed", "repaired", "Joint changé.")
        assert invoices.of_case(case.id) == []
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "Joint changé." in page
    assert "vous pourrez confirmer vous-même" in page


def test_proposing_ends_the_call(open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock) -> None:
    with open_app.app_context(), writing():
        case = case_of(key)
        appointment = booking.appointments(case)[0]
        calls.arrive(appointment, case.customer.actor, TUESDAY_10)
        calls.arrive(appointment, appointment.staff.actor, TUESDAY_10)
    clock_.now = CALLED
    propose(repairer_client, key)
    with open_app.app_context():
        call = calls.find(booking.appointments(case_of(key))[0])
        assert call is not None
        assert (call.state, call.ended) == ("ended", CALLED)


def test_an_outcome_must_be_chosen_and_the_words_are_kept(repairer_client: FlaskClient, key: str) -> None:
    answer = repairer_client.post(f"/desk/cases/{key}/propose", data={"words": "Joint <changé>."})
    assert answer.status_code == 422
    assert "Choisissez comment l’appel s’est terminé." in answer.text
    assert "Joint &lt;changé&gt;." in answer.text


def test_proposing_twice_is_told_and_changes_nothing(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    propose(repairer_client, key)
    assert propose(repairer_client, key, "not_repaired") == 409
    with open_app.app_context():
        assert case_of(key).outcome == "repaired"


def test_a_sale_is_closed_at_once_without_paper(open_app: Flask, seller_client: FlaskClient, sale_key: str) -> None:
    page = seller_client.get(f"/desk/cases/{sale_key}").text
    assert "Proposer une pièce" not in page
    assert propose(seller_client, sale_key, "sold") == 303
    with open_app.app_context():
        case = case_of(sale_key)
        assert (case.state, case.outcome) == ("closed", "sold")
    assert "Vendu" in seller_client.get(f"/desk/cases/{sale_key}").text


def test_a_repair_cannot_end_as_a_sale(repairer_client: FlaskClient, key: str) -> None:
    assert propose(repairer_client, key, "sold") == 422


def test_a_part_is_offered_at_its_price(
    open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock
) -> None:
    clock_.now = CALLED
    typed = {"name": "Joint de hublot", "reference": "481246", "price": "18,40", "words": "Fendu."}
    assert repairer_client.post(f"/desk/cases/{key}/part", data=typed).status_code == 303
    with open_app.app_context():
        case = case_of(key)
        (part,) = case.parts_in("offered")
        assert (case.state, part.name, part.price) == ("part_offered", "Joint de hublot", 1840)


def test_an_included_part_costs_nothing(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    typed = {"name": "Joint", "price": "18,40", "included": "y"}
    repairer_client.post(f"/desk/cases/{key}/part", data=typed)
    with open_app.app_context():
        (part,) = case_of(key).parts_in("offered")
        assert part.price == 0


@pytest.mark.parametrize("price", ["", "cher", "-5", "18,405"])
def test_a_price_that_is_none_is_named_and_the_rest_kept(
    open_app: Flask, repairer_client: FlaskClient, key: str, price: str
) -> None:
    typed = {"name": "", "reference": "481246", "price": price}
    answer = repairer_client.post(f"/desk/cases/{key}/part", data=typed)
    assert answer.status_code == 422
    assert 'id="part-price-why"' in answer.text
    assert 'id="part-name-why"' in answer.text
    assert 'value="481246"' in answer.text
    with open_app.app_context():
        assert case_of(key).state == "booked"


def accept_part(key: str, price: int = 1840) -> None:
    with writing():
        case = case_of(key)
        staff = booking.appointments(case)[0].staff
        parts.offer(case, Wanted("Joint", "481246", "", price), "", staff.actor, NOW)
        parts.accept(case, case.offer, "14 montée de la Grande-Côte", "69001", "Lyon", NOW)


def test_a_part_is_sent_to_the_address_given(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    with open_app.app_context():
        accept_part(key)
    assert "14 montée de la Grande-Côte" in repairer_client.get(f"/desk/cases/{key}").text
    path = f"/desk/cases/{key}/parts/1/send"
    wrong = repairer_client.post(path, data={"carrier": "Colissimo", "tracking": "javascript:x"})
    assert wrong.status_code == 422
    assert "Le lien de suivi est une adresse comme https://" in wrong.text
    assert 'value="Colissimo"' in wrong.text
    right = {"carrier": "Colissimo", "tracking": "https://suivi.example/1"}
    assert repairer_client.post(path, data=right).status_code == 303
    assert 'href="https://suivi.example/1"' in repairer_client.get(f"/desk/cases/{key}").text


def test_the_parts_page_lists_what_is_out_with_its_age(
    open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock
) -> None:
    assert "Aucune pièce en route" in repairer_client.get("/desk/parts").text
    with open_app.app_context():
        accept_part(key)
    clock_.pass_(days=3, hours=1)
    page = repairer_client.get("/desk/parts").text
    assert "Joint" in page
    assert "3 jours" in page
    assert "La commander ou l’envoyer" in page


def test_nobody_confirms_before_the_delay_nor_without_a_reason(
    open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock
) -> None:
    propose(repairer_client, key)
    path = f"/desk/cases/{key}/confirm"
    assert repairer_client.post(path, data={"reason": "Au téléphone."}).status_code == 409
    clock_.pass_(hours=73)
    assert "Confirmer sans réponse" in repairer_client.get(f"/desk/cases/{key}").text
    empty = repairer_client.post(path, data={"reason": " "})
    assert empty.status_code == 422
    assert "Indiquez le motif." in empty.text
    assert repairer_client.post(path, data={"reason": "Joint au téléphone, tout va bien."}).status_code == 303
    with open_app.app_context():
        assert (case_of(key).state, case_of(key).confirmed_by) == ("closed", "staff")


def test_staff_cannot_override_a_no(open_app: Flask, repairer_client: FlaskClient, key: str, clock_: Clock) -> None:
    propose(repairer_client, key)
    with open_app.app_context(), writing():
        cases.answer(case_of(key), False, "Il fuit encore.", NOW)
    clock_.pass_(hours=100)
    assert repairer_client.post(f"/desk/cases/{key}/confirm", data={"reason": "Si."}).status_code == 409
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "Il fuit encore." in page
    assert "act-propose" in page


def test_calling_off_gives_the_time_back(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    assert repairer_client.post(f"/desk/cases/{key}/dismiss", data={"outcome": "cancelled"}).status_code == 303
    with open_app.app_context():
        assert (case_of(key).state, case_of(key).outcome) == ("closed", "cancelled")
        free = booking.free_slots(booking.services("repair")[0], TUESDAY_10.date(), 1, NOW)
        assert TUESDAY_10 in [slot.start for slot in free]


def test_calling_off_asks_which_way(repairer_client: FlaskClient, key: str) -> None:
    answer = repairer_client.post(f"/desk/cases/{key}/dismiss", data={"outcome": "repaired"})
    assert answer.status_code == 422
    assert "Choisissez comment le dossier se termine." in answer.text


@pytest.fixture
def invoice(open_app: Flask, repairer_client: FlaskClient, key: str) -> str:
    """The number of the repaired case's invoice, not drawn yet."""
    from shopvisio import papers

    propose(repairer_client, key)
    with open_app.app_context(), writing():
        cases.answer(case_of(key), True, "", NOW)
        paper = papers.issue(case_of(key), NOW)
        assert paper is not None
        return paper.number


def test_what_was_received_is_noted_until_nothing_is_owed(
    open_app: Flask, repairer_client: FlaskClient, key: str, invoice: str
) -> None:
    path = f"/desk/cases/{key}/paid"
    assert "Reste à payer" in repairer_client.get(f"/desk/cases/{key}").text
    part = {"paper": invoice, "amount": "10", "method": "cash"}
    assert repairer_client.post(path, data=part).status_code == 303
    too_much = repairer_client.post(path, data=part | {"amount": "29"})
    assert too_much.status_code == 422
    assert "Il reste 19" in too_much.text
    assert repairer_client.post(path, data=part | {"amount": "19,00", "method": "transfer"}).status_code == 303
    page = repairer_client.get(f"/desk/cases/{key}").text
    assert "Reste à payer" not in page
    with open_app.app_context():
        assert sum(map(payments.owed, invoices.of_case(case_of(key).id))) == 0
        assert [entry.kind for entry in case_of(key).journal][-2:] == ["paid", "paid"]


@pytest.mark.parametrize(
    ("changed", "status"), [({"amount": "beaucoup"}, 422), ({"method": "gold"}, 422), ({"paper": "F2026-000099"}, 404)]
)
def test_a_payment_that_cannot_be_is_refused(
    open_app: Flask, repairer_client: FlaskClient, key: str, invoice: str, changed: dict[str, str], status: int
) -> None:
    data = {"paper": invoice, "amount": "29", "method": "cash"} | changed
    assert repairer_client.post(f"/desk/cases/{key}/paid", data=data).status_code == status
    with open_app.app_context():
        assert sum(map(payments.owed, invoices.of_case(case_of(key).id))) == 2900


def test_a_photo_is_shown_for_its_own_case_only(
    open_app: Flask, repairer_client: FlaskClient, key: str, sale_key: str
) -> None:
    with open_app.app_context():
        folder: Path = open_app.config["SHOP"].uploads
        folder.mkdir(exist_ok=True)
        (folder / "a.jpg").write_bytes(b"\xff\xd8jpeg")
        with writing():
            photo = Photo(case_id=case_of(key).id, file="a.jpg", width=8, height=6, created=NOW)
            db.session.add(photo)
            db.session.flush()
            number = photo.id
    own = repairer_client.get(f"/desk/cases/{key}/photo/{number}")
    assert (own.status_code, own.mimetype, own.data) == (200, "image/jpeg", b"\xff\xd8jpeg")
    own.close()
    assert repairer_client.get(f"/desk/cases/{sale_key}/photo/{number}").status_code == 404


def test_cases_are_found_by_name_number_and_thing(repairer_client: FlaskClient, key: str, sale_key: str) -> None:
    for words in ("delaunay", "D2026-0001", "sanilux marie"):
        assert f"/desk/cases/{key}" in repairer_client.get("/desk/cases", query_string={"q": words}).text
    assert "Aucun dossier ne correspond" in repairer_client.get("/desk/cases?q=%25").text


def test_cases_are_listed_by_state(repairer_client: FlaskClient, key: str, sale_key: str) -> None:
    repairer_client.post(f"/desk/cases/{key}/dismiss", data={"outcome": "no_show"})
    assert f"/desk/cases/{key}" not in repairer_client.get("/desk/cases").text
    assert f"/desk/cases/{key}" in repairer_client.get("/desk/cases?state=closed").text
    assert f"/desk/cases/{sale_key}" in repairer_client.get("/desk/cases?state=booked").text
    assert repairer_client.get("/desk/cases?state=nonsense").status_code == 200


def test_an_act_without_its_csrf_token_changes_nothing(open_app: Flask, repairer_client: FlaskClient, key: str) -> None:
    open_app.config["WTF_CSRF_ENABLED"] = True
    assert propose(repairer_client, key) == 400
    with open_app.app_context():
        assert case_of(key).state == "booked"


def test_a_note_is_told_at_the_desk_and_never_to_the_customer(
    repairer_client: FlaskClient, stranger: FlaskClient, key: str, case_path: str
) -> None:
    assert repairer_client.post(f"/desk/cases/{key}/note", data={"words": "Sonner deux fois."}).status_code == 303
    assert "Sonner deux fois." in repairer_client.get(f"/desk/cases/{key}").text
    assert "Sonner deux fois." not in stranger.get(case_path).text
    refused = repairer_client.post(f"/desk/cases/{key}/note", data={"words": "  "})
    assert refused.status_code == 422
    assert "Écrivez d’abord la note." in refused.text


def test_a_letter_that_left_stands_in_the_story(
    repairer_client: FlaskClient,
    key: str,
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    open_app: Flask,
) -> None:
    monkeypatch.setattr(mail, "deliver", lambda *_: None)
    with open_app.app_context(), writing():
        settings.put({"smtp_host": "mail.example"}, "owner", NOW)
    propose(repairer_client, key)
    run_jobs()
    told = repairer_client.get(f"/desk/cases/{key}").text.replace("\u00a0", " ")
    assert "E-mail « La réparation est-elle réussie ? » envoyé." in told
