"""The child process that writes what is kept of somebody into one ZIP: a page to read, the data, photos, papers."""

import json
import sqlite3
import sys
import zipfile
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

PAGE = """<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
dt{{font-weight:600;margin-top:.6rem}}
dd{{margin:0 0 0 1rem}}
img,video{{max-width:100%;height:auto}}section{{border-top:1px solid #999;margin-top:2rem}}</style>
<h1>{title}</h1>
{body}
"""


def main() -> None:
    """As the order on the standard input says."""
    order = json.loads(sys.stdin.read())
    with zipfile.ZipFile(order["file"], "w", zipfile.ZIP_DEFLATED) as zipped:
        _fill(zipped, order)


def _fill(zipped: zipfile.ZipFile, order: dict[str, Any]) -> None:
    pictures = [(name, path) for name, kept in order["pictures"] if (path := Path(order["folder"]) / kept).is_file()]
    for name, path in pictures:
        zipped.write(path, name, zipfile.ZIP_STORED)
    films = [(name, path) for name, kept in order["films"] if (path := Path(order["folder"]) / kept).is_file()]
    for name, path in films:
        zipped.write(path, name, zipfile.ZIP_STORED)
    shown = "".join(f'<p><img src="{escape(name)}" alt="">' for name, _path in pictures)
    shown += "".join(f'<p><video src="{escape(name)}" controls preload="none"></video>' for name, _path in films)
    body = "".join(f"<section>{_html(case)}</section>" for case in order["cases"])
    zipped.writestr("dossier.html", PAGE.format(title=escape(order["title"]), body=body + shown))
    zipped.writestr("dossier.json", json.dumps(order["cases"], ensure_ascii=False, indent=1))
    with closing(sqlite3.connect(f"file:{order['base']}?mode=ro", uri=True)) as base:
        for paper in order["papers"]:
            asked = "SELECT number, pdf FROM paper_files JOIN papers ON papers.id = paper_id WHERE papers.id = ?"
            for number, pdf in base.execute(asked, (paper,)):
                zipped.writestr(f"papiers/{number}.pdf", pdf, zipfile.ZIP_STORED)


def _html(told: Any) -> str:
    if isinstance(told, dict):
        lines = (f"<dt>{escape(name)}</dt><dd>{_html(value)}</dd>" for name, value in told.items())
        return f"<dl>{''.join(lines)}</dl>"
    if isinstance(told, list):
        return "<ul>" + "".join(f"<li>{_html(one)}</li>" for one in told) + "</ul>"
    return escape(str(told)).replace("\n", "<br>")


if __name__ == "__main__":
    main()
