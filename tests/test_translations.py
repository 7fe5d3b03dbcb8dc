"""The catalogues: every text of the sources in every language, and nothing that would read as a translation."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from shopvisio.i18n import _, n_, use

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "shopvisio" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
SAME = {  # what is written alike in French and in English
    "Pages", "Photo", "Stock",
    ", {amount}",
    "Alsace",
    "Association",
    "BIC",
    "Conclusion",
    "Danger",
    "France",
    "Guadeloupe",
    "Guides",
    "IBAN",
    "Invitation",
    "Logo",
    "Martinique",
    "Orange",
    "{n} e-mail",
    "{n} e-mails",
    "{n} message",
    "{n} messages",
    "{n} photo",
    "{n} photos",
    "Mayotte",
    "Messages",
    "Moselle",
    "Page",
    "Photo {n}",
    "Photos",
    "Port",
    "Question",
    "Questions",
    "SIREN",
    "SIRET",
    "Total",
    "{n} min",
    "{n}\N{NO-BREAK SPACE}s",
    "{n} minute",
    "{n} minutes",
    "{name}, {thing}",
    "Zoom",
}
FRENCH_NAMES = ("‘RNE’", "‘RCS Lyon’", "Insee", "Kbis", "franchise en base", "Réunion")  # no English name
PLACE = re.compile(r"\{\w*\}")
TAG = re.compile(r"</?\w+[^>]*>")


@cache
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


@cache
def texts() -> set[str | tuple[str, ...]]:
    """Every text of the sources, found as ``tests/translate`` finds them."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = DEFAULT_KEYWORDS | parse_keywords(["lazy", "n_:1,2"])
    found = extract_from_dir(ROOT / "shopvisio", methods, options, keywords)
    return {text for _path, _line, text, _comments, _context in found}


def messages() -> list[Message]:
    return [message for message in catalogue() if message.id]


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def pairs() -> Iterator[tuple[str, str]]:
    """Each French text beside its English, one for the singular and one for the plural."""
    for message in messages():
        yield from zip(forms(message.id), forms(message.string), strict=True)


def english_where(wrong: re.Pattern[str]) -> list[str]:
    return [english for _french, english in pairs() if wrong.search(english)]


def test_the_catalogue_can_be_read_and_nothing_in_it_is_doubtful() -> None:
    assert len(messages()) > 1000
    assert catalogue().num_plurals == 2
    assert catalogue().plural_expr == "(n != 1)"
    assert [message.id for message in messages() if message.fuzzy] == []
    assert list(catalogue().check()) == []


def test_every_text_of_the_sources_has_its_english() -> None:
    done = [message.id for message in messages() if all(forms(message.string))]
    alone = {forms(text)[0] for text in done}  # the singular of a text with a plural is found too
    assert sorted(map(str, texts() - alone - set(done))) == []


def test_it_keeps_no_text_that_has_left_the_sources() -> None:
    assert sorted(map(str, {message.id for message in messages()} - texts())) == []
    assert list(catalogue().obsolete) == []


def test_the_places_to_fill_in_are_the_same() -> None:
    unlike = [pair for pair in pairs() if sorted(PLACE.findall(pair[0])) != sorted(PLACE.findall(pair[1]))]
    assert unlike == []


def test_tags_and_the_space_around_a_text_are_the_same() -> None:
    def frame(text: str) -> tuple[str, str, list[str]]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :], sorted(TAG.findall(text))

    assert [pair for pair in pairs() if frame(pair[0]) != frame(pair[1])] == []


def test_no_text_stays_in_french() -> None:
    assert sorted({french for french, english in pairs() if french == english} - SAME) == []


def test_no_french_word_is_left_in_a_sentence() -> None:
    def without_names(english: str) -> str:
        for name in FRENCH_NAMES:
            english = english.replace(name, "")
        return english

    french = re.compile(r"[àâçèéêëîïôùûœ«»]|\b(le|la|les|une|des|du|et|est|vous|votre|nous|avec|dans|sur)\b", re.I)
    left = [english for _french, english in pairs() if french.search(without_names(PLACE.sub("", english)))]
    assert left == []


def test_english_puts_no_space_before_its_marks() -> None:
    assert english_where(re.compile(r"[\s\u00a0\u202f][:;?!,.%](?=\s|$)")) == []
    assert english_where(re.compile(r"\u00a0:|\d[\s\u00a0]€")) == []


def test_quotes_are_curly_and_spaces_are_single() -> None:
    assert english_where(re.compile(r"[\"'«»]|  |\u202f")) == []


def test_a_sentence_ends_as_its_french_does() -> None:
    def end(text: str) -> str:
        return found[0] if (found := re.search(r"[.?!:…]$", text)) else ""

    assert [pair for pair in pairs() if end(pair[0]) != end(pair[1])] == []


def test_no_person_is_spoken_to_like_a_machine() -> None:
    assert english_where(re.compile(r"\b(errors?|sessions?|validat\w*|invalid|click here|failed)\b", re.I)) == []


def test_it_is_british() -> None:
    american = r"\b(colors?|center|license to|canceled|canceling|cell ?phone|check number|zip code|apologize|catalog)\b"
    assert english_where(re.compile(american, re.I)) == []


def test_an_english_reader_gets_english() -> None:
    with use("en", ZoneInfo("Europe/Paris")):
        assert _("Réparé") == "Repaired"
        assert _("Dossier {number}", number="D-7") == "Case D-7"
        assert [n_("{n} jour", "{n} jours", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


def test_a_french_reader_still_gets_french() -> None:
    with use("fr", ZoneInfo("Europe/Paris")):
        assert _("Réparé") == "Réparé"
        assert [n_("{n} jour", "{n} jours", n) for n in (0, 1, 2)] == ["0 jour", "1 jour", "2 jours"]


def test_no_line_of_french_breaks_before_its_marks() -> None:
    with use("fr", ZoneInfo("Europe/Paris")):
        assert _("Comme « RCS Lyon » ou « RNE ».") == "Comme «\u00a0RCS Lyon\u00a0» ou «\u00a0RNE\u00a0»."
        assert _("{when} : 0 € ; 20 %", when="10:30 :") == "10:30 :\u00a0: 0\u00a0€\u00a0; 20\u00a0%"
        assert n_("{n} jour :", "{n} jours :", 2) == "2 jours\u00a0:"
        for as_is in ("Comme 9:00-12:00.", "Le lien commence par https://.", "turns:relais.example:443?transport=tcp"):
            assert _(as_is) == as_is
    with use("en", ZoneInfo("Europe/Paris")):
        assert _("Comme « RCS Lyon » ou « RNE ».") == "Such as ‘RCS Lyon’ or ‘RNE’."
