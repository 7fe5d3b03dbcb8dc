"""What pages load is kept by browsers for a year, comes compressed, and changes its address with an upgrade."""

import gzip
import re
from pathlib import Path

from flask.testing import FlaskClient

from shopvisio.web import assets

ASSETS = Path(assets.__file__).parent / "static"
STYLE = re.compile(r'href="(/static/(\w+)/style/shop\.css)"')


def test_a_style_is_kept_for_a_year_at_an_address_of_its_own(stranger: FlaskClient) -> None:
    found = STYLE.search(stranger.get("/").text)
    assert found
    answer = stranger.get(found[1])
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "--brand-ink" in answer.text


def test_no_declaration_of_a_style_is_cut_in_the_middle_of_a_word() -> None:
    for style in ASSETS.glob("style/*.css"):
        cut = [line for line in style.read_text().splitlines() if re.search(r"[a-z]-$", line)]
        assert cut == [], style.name


def test_it_comes_compressed_to_whoever_can_unpack_it(stranger: FlaskClient) -> None:
    found = STYLE.search(stranger.get("/").text)
    assert found
    plain, packed = stranger.get(found[1]), stranger.get(found[1], headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3


def test_a_page_never_comes_compressed_for_it_holds_secrets(stranger: FlaskClient, case_path: str) -> None:
    for path in ("/", case_path):
        assert "Content-Encoding" not in stranger.get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_a_page_from_before_an_upgrade_gets_what_there_is_now(stranger: FlaskClient) -> None:
    answer = stranger.get("/static/before/style/shop.css")
    assert answer.status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]


def test_nothing_else_is_served(stranger: FlaskClient) -> None:
    for name in ("nothing.css", "../brand.py", "%2e%2e/brand.py", "vendor/.installed"):
        assert stranger.get(f"/static/x/{name}").status_code == 404, name


def test_another_file_is_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    before = assets.read(tmp_path)[0]
    assets.read.cache_clear()
    (tmp_path / "a.css").write_text("b {}")
    assert assets.read(tmp_path)[0] != before


def test_what_a_search_may_find_is_public_and_says_what_it_is_about(stranger: FlaskClient, case_path: str) -> None:
    for path in ("/", "/book/1", "/call", "/legal/terms"):
        page = stranger.get(path)
        assert "X-Robots-Tag" not in page.headers, path
        assert re.search(r'<meta name="description" content="[^"]{10,}">', page.text), path
    for path in (case_path, "/signin", "/legal/nothing"):
        assert stranger.get(path).headers["X-Robots-Tag"] == "noindex", path


def test_the_other_language_is_this_very_page_and_stays_chosen(stranger: FlaskClient) -> None:
    page = stranger.get("/book/1?from=2026-12-01").text
    assert 'href="/book/1?from=2026-12-01&amp;lang=en"' in page
    assert '<html lang="en">' in stranger.get("/book/1?from=2026-12-01&lang=en").text
    assert '<html lang="en">' in stranger.get("/legal/terms").text
    cookie = stranger.get_cookie("shopvisio")
    assert cookie is not None
    assert cookie.expires is not None  # the browser keeps it after it is closed


def test_a_refused_form_leads_to_a_page_that_can_be_asked_for(stranger: FlaskClient, owner_client: FlaskClient) -> None:
    refused = stranger.post("/book/1", data={"start": "never"})
    assert 'href="/book/1?lang=en"' in refused.text
    assert 'href="/?lang=en"' in owner_client.post("/desk/services/999").text


def test_the_desk_and_the_call_have_the_switch_too(owner_client: FlaskClient, case_path: str, booked_key: str) -> None:
    for path in ("/desk", "/desk/settings/shop", f"{case_path}/call", f"/desk/appointments/{booked_key}/call"):
        assert "lang=en" in owner_client.get(path).text, path
