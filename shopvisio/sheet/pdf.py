"""A customer's report, estimate or summary in, its PDF out: drawn as the papers are, so that they are of one family.

Runs in a child process of its own (``python -m shopvisio.sheet.pdf report``, see ``child``): reads what the word
names on standard input, writes the PDF on standard output.
"""

import base64
import sys
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shopvisio import i18n
from shopvisio.invoices.codec import from_json
from shopvisio.invoices.pdf import to_pdf
from shopvisio.sheet import Estimate, Picture, Sheet, Summary

KINDS: dict[str, type[Sheet] | type[Estimate] | type[Summary]] = {
    "report": Sheet,
    "estimate": Estimate,
    "summary": Summary,
}
SIDE = 1000  # pixels of a picture's longer side on paper: 300 to the inch and more


def render(kind: str, told_json: str) -> bytes:
    """The PDF of a word of KINDS. Heavy, and fatal where a library fails: for the child process only."""
    told = from_json(KINDS[kind], told_json)
    with i18n.use(told.language, ZoneInfo(told.zone)):
        return to_pdf(page(told), None, told.made)


def page(told: Sheet | Estimate | Summary) -> str:
    """It as HTML, for a reader whose language and zone are in use."""
    if isinstance(told, Sheet):
        return _report(told)
    name = "estimate" if isinstance(told, Estimate) else "summary"
    return templates().get_template(f"{name}.html").render({name: told}, shop=told.shop)


def _report(sheet: Sheet) -> str:
    found = [(picture, address) for picture in sheet.story.pictures if (address := _address(sheet.folder, picture))]
    ordered = sorted(found, key=lambda one: not one[0].marks)  # those with marks are larger, and come first
    shown = [(n, picture, address, _svg(picture.marks)) for n, (picture, address) in enumerate(ordered, 1)]
    return templates().get_template("report.html").render(
        sheet=sheet,
        shop=sheet.shop,
        story=sheet.story,
        marked=[one for one in shown if one[3]],
        plain=[one for one in shown if not one[3]],
        days=len({i18n.here(visit.started).date() for visit in sheet.story.visits}),
    )


def _address(folder: str, picture: Picture) -> str:
    """The picture as an image address; empty where the file is gone."""
    from PIL import Image

    file = Path(folder) / picture.file
    if not file.is_file():
        return ""
    made = BytesIO()
    with Image.open(file, formats=("JPEG",)) as kept:
        kept.draft("RGB", (SIDE, SIDE))
        kept.thumbnail((SIDE, SIDE))
        kept.convert("RGB").save(made, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(made.getvalue()).decode()


def _svg(marks: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(marks.encode()).decode() if marks else ""


def templates() -> Environment:
    """The templates of this room, with the words and filters they use."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=i18n._, n_=i18n.n_)
    environment.filters.update(
        day=i18n.day_year,
        short=i18n.day_short,
        time=i18n.time,
        money=i18n.money,
        stamp=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    )
    return environment


if __name__ == "__main__":
    sys.stdout.buffer.write(render(sys.argv[1], sys.stdin.buffer.read().decode()))
