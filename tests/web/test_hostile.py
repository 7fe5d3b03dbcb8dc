"""Every route, from the routing table itself: what hostile words do. Nothing is ever a 500."""

import random
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from way import FAULT, begin
from werkzeug.routing import IntegerConverter, Rule

HOSTILE = (
    "", "0", "-1", "99999999999999999999", "é" * 300, "<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd",
    "\x00", "\r\nSet-Cookie: a=b", "{{7*7}}", "%s%n", "2026-13-45", "2026-11-24T09:00:00+00:00", "NaN", "null", "yes",
    "9999-12-31", "0001-01-01", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+23:59", "9999-12", "2026-W99",
    "٣٤", "1e309", "true", "repaired", "a" * 5000, "😀", "\ud7ff", "../", "%2e%2e%2f",
)  # fmt: skip
NAMES = (
    "start", "answer", "words", "price", "street", "postcode", "city", "device", "brand", "model", "symptom", "name",
    "email", "phone", "terms", "immediate", "outcome", "part_name", "reference", "carrier", "tracking", "reason",
    "paper", "method", "amount", "fee", "q", "state", "from", "next", "lang", "link", "remove", "add", "included",
    "code", "password", "role", "minutes", "url", "summary", "day", "opens-0-0", "closes-0-0", "who", "confirm",
    "act", "again", "altcha", "answered", "before", "case", "check", "colour", "copy", "digest", "done", "drop", "file",
    "given", "gone", "guide", "how", "key", "minutes", "net", "no", "offer", "product", "proposal", "service", "shot",
    "sort", "stars", "still", "supplier", "text", "time", "to", "vat", "word", "zone", "variant", "quantity", "line",
)  # fmt: skip


def rules(app: Flask) -> list[Rule]:
    """Every route of the appliance."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def ways(rule: Rule) -> set[str]:
    """The methods that do something."""
    return (rule.methods or set()) & {"GET", "POST"}


def paths(app: Flask, rule: Rule, case_path: str, booked_key: str) -> Iterator[str]:
    """The route with true names in it, and with hostile ones: a number then is far beyond what a base can count to."""
    true = {"token": case_path.rsplit("/", 1)[1], "key": booked_key}
    fixed = {name: _first(kind) for name, kind in rule._converters.items() if _first(kind)}
    adapter = app.url_map.bind("localhost")
    for words in ({}, {name: random.Random(name).choice(HOSTILE[4:]) for name in rule.arguments}):
        values = {n: fixed.get(n) or words.get(n) or true.get(n, "1") for n in rule.arguments}
        if words:
            values |= {name: 10**20 for name in fixed if isinstance(rule._converters[name], IntegerConverter)}
        yield adapter.build(rule.endpoint, values)


def _first(converter: object) -> object:
    """What a number, or a choice, may be: nothing else builds an address."""
    if isinstance(converter, IntegerConverter):
        return 1
    return min(getattr(converter, "items", [None]))


def test_every_route_names_its_rule(open_app: Flask) -> None:
    without = [rule.endpoint for rule in rules(open_app) if not hasattr(open_app.view_functions[rule.endpoint], "rule")]
    assert without == []


def test_a_route_without_a_rule_is_shut(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    with app.app_context():
        from conftest import NOW, open_shop

        open_shop(NOW)
    assert app.test_client().get("/forgotten").status_code == 403


@pytest.mark.parametrize("who", ["stranger", "owner_client"])
def test_whatever_is_typed_wherever_nothing_is_a_500(
    who: str, request: pytest.FixtureRequest, open_app: Flask, case_path: str, booked_key: str
) -> None:
    """Each route gets hostile names in its address, hostile fields in its form, hostile words in its query."""
    client: FlaskClient = request.getfixturevalue(who)
    chance = random.Random(7)
    for rule in rules(open_app):
        if rule.endpoint == "door.sign_out":
            continue
        for path in paths(open_app, rule, case_path, booked_key):
            for way in ways(rule):
                for _try in range(2):
                    typed = {name: chance.choice(HOSTILE) for name in NAMES}
                    sent = {"query_string": typed} if way == "GET" else {"data": typed}
                    answer = client.open(path, method=way, **sent)  # type: ignore[arg-type]
                    assert answer.status_code not in (500, 501, 502), (way, path, typed, answer.text[:500])
                    answer.close()


def test_photos_come_by_their_own_page_alone(stranger: FlaskClient) -> None:
    heavy = {"words": "a" * (1 << 21)}
    for path in ("/signin", "/book/1"):
        assert stranger.post(path, data=heavy).status_code == 413, path


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a broken form leaves its file to the collector
def test_a_body_that_is_no_form_is_refused_softly(open_app: Flask, stranger: FlaskClient, case_path: str) -> None:
    for body, kind in (
        (b"\xff\xfe\x00", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="photos"; filename="\x00.jpg"\r\n\r\nnot a photo',
            "multipart/form-data; boundary=x",
        ),
        (b"{]", "application/json"),
        (b"%zz=%yy&=&&", "application/x-www-form-urlencoded"),
    ):
        for path in (f"{case_path}/answer", f"{case_path}/part", "/book/1", "/signin"):
            assert stranger.post(path, data=body, content_type=kind).status_code < 500


def test_a_number_that_no_row_has_is_no_page(owner_client: FlaskClient, case_path: str) -> None:
    """A base counts to 2 to the 63: beyond, asking it would be a fault of ours."""
    beyond = 2**63
    for path in (f"{case_path}/still/{beyond}", f"/product/{beyond}.jpg", f"/desk/products/{2**31}", "/desk/books/0"):
        assert owner_client.get(path).status_code == 404, path


def test_json_however_deep_is_refused_softly(owner_client: FlaskClient, case_path: str) -> None:
    for body in ("[" * 100_000, '{"sdp":' * 100_000, '{"sdp": "\\ud800"}', "7", '"sdp"'):
        for path in (f"{case_path}/screen", f"{case_path}/trial/dial", "/desk/trial/dial"):
            answer = owner_client.post(path, data=body, content_type="application/json")
            assert 400 <= answer.status_code < 500, (path, body[:20])


def test_figures_without_end_and_the_ends_of_time_are_refused_with_a_sentence(
    stranger: FlaskClient, owner_client: FlaskClient, booked_key: str
) -> None:
    """Python reads no number of more than 4,300 figures, and sets no clock to another zone on the first day of all."""
    endless = "9" * 5000
    draft = begin(stranger, start="2026-11-24T10:00:00+00:00")
    assert stranger.post(f"{draft}/fault", data=FAULT | {"remove": endless}).status_code == 303
    for path, typed, status in (
        (f"/desk/appointments/{booked_key}/late", {"minutes": endless}, 422),
        ("/desk/services/1", {"name": "Réparer", "minutes": endless}, 422),
        ("/desk/book/1", {"start": "9999-12-31T23:59:59-23:59"}, 302),
        ("/desk/book/1", {"start": "0001-01-01T00:00:00+23:59"}, 302),
    ):
        assert owner_client.post(path, data=typed).status_code == status, (path, typed)
    refused = owner_client.post("/desk/settings/booking", data={"notice_minutes": endless})
    assert "Un nombre entier, de" in refused.text
    assert owner_client.get("/desk/books/0001").status_code == 404


def test_no_form_is_taken_from_another_site(
    open_app: Flask, owner_client: FlaskClient, case_path: str, booked_key: str
) -> None:
    """Without the token of a page of ours nothing is done, whatever cookie comes along; Stripe signs what it sends."""
    open_app.config["WTF_CSRF_ENABLED"] = True
    for rule in rules(open_app):
        if "POST" in ways(rule) and rule.endpoint != "cards.webhook":
            path = next(paths(open_app, rule, case_path, booked_key))
            assert owner_client.post(path, data={"name": "x"}).status_code == 400, path


def test_no_socket_is_opened_from_another_site(open_app: Flask, stranger: FlaskClient) -> None:
    path = "/socket.io/?EIO=4&transport=polling"
    assert stranger.get(path, headers={"Origin": "http://localhost"}).status_code == 200
    for origin in ("https://evil.example", "http://localhost.evil.example", "null", "http://localhost:81"):
        assert stranger.get(path, headers={"Origin": origin}).status_code == 400, origin
