"""HTML in, PDF/A-3 out: tagged, its fonts and its Factur-X inside, the same bytes every time.

Runs in a child process of its own (``python -m shopvisio.invoices.pdf``, see ``child``): reads what :func:`ordered`
wrote on standard input, writes the PDF on standard output. It never opens an address other than ``data:``, and loads
what draws and nothing else: that is most of the time a paper takes.
"""

import base64
import json
import sys
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parent
FACTUR_X = "factur-x.xml"
_FACES = {400: "Paper-Regular.ttf", 600: "Paper-SemiBold.ttf"}


def ordered(html: str, attached: bytes | None, moment: datetime) -> bytes:
    """What :func:`to_pdf` is to do, for the child that does it."""
    order = {"html": html, "attached": attached and attached.decode(), "moment": moment.isoformat()}
    return json.dumps(order).encode()


def to_pdf(html: str, attached: bytes | None, moment: datetime) -> bytes:
    """The HTML as PDF/A-3a, ``attached`` inside as Factur-X; ``moment`` is the only date that goes in.

    Any address but ``data:`` stops it: weasyprint's FatalURLFetchingError, a BaseException.
    """
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    fonts = FontConfiguration()
    style = CSS(string=stylesheet(), font_config=fonts, url_fetcher=fetcher)
    document = HTML(string=html, url_fetcher=fetcher).render(
        font_config=fonts, stylesheets=[style], pdf_variant="pdf/a-3a")
    if attached is not None:
        document.metadata.attachments.append(Attachment(
            file_obj=BytesIO(attached), name=FACTUR_X, description="Factur-X", relationship="Alternative",
            created=moment, modified=moment, url_fetcher=fetcher,
        ))
        document.metadata = _with_factur_x(document.metadata)
    written = document.write_pdf(pdf_variant="pdf/a-3a")
    if not isinstance(written, bytes):
        raise TypeError("weasyprint wrote no bytes")
    return written


def _with_factur_x(metadata: Any) -> Any:
    """The same metadata, with the Factur-X properties inside its rdf:RDF: readers ignore a second one."""
    from weasyprint.document import DocumentMetadata

    class WithFacturX(DocumentMetadata):   # type: ignore[misc]   # weasyprint has no types
        def generate_rdf_metadata(self, *variant: Any) -> bytes:
            rdf: bytes = super().generate_rdf_metadata(*variant)
            return rdf.replace(b"</rdf:RDF>", _xmp() + b"</rdf:RDF>")

    return WithFacturX(**vars(metadata))


def stylesheet() -> str:
    """The style of papers, its fonts inside."""
    faces = ""
    for weight, name in _FACES.items():
        source = _data("font/ttf", (ROOM / "fonts" / name).read_bytes())
        faces += f'@font-face {{ font-family: Paper; font-weight: {weight}; src: url("{source}") }}\n'
    return faces + (ROOM / "templates" / "paper.css").read_text("utf-8")


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _xmp() -> bytes:
    """The Factur-X properties and their schema, to stand inside the PDF's one rdf:RDF."""
    return (ROOM / "templates" / "facturx.xmp").read_bytes()


def main() -> None:
    """The child process: one page in, one PDF out."""
    order = json.load(sys.stdin.buffer)
    attached = order["attached"] and order["attached"].encode()
    sys.stdout.buffer.write(to_pdf(order["html"], attached, datetime.fromisoformat(order["moment"])))


if __name__ == "__main__":
    main()
