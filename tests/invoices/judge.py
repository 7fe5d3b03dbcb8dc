"""Judge Factur-X documents by the rules that everybody else judges them by: ``python -m tests.invoices.judge``.

A process of its own, for what it needs is big: it reads a document a line (base64) on its standard input, and answers a
line each: the rules that it breaks, as JSON, in the schema (XSD), in EN 16931 and, for a document between businesses,
in the French rules (BR-FR, flow 2).
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SCHEMA = RULES / "facturx-en16931/Factur-X_EN16931.xsd"
SCHEMATRONS = {
    "EN 16931": RULES / "facturx-en16931/FACTUR-X_EN16931.xslt",
    "FR": RULES / "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
}
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def main() -> None:
    """Judge until the input ends."""
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    with PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()
        rules = {name: compiler.compile_stylesheet(stylesheet_file=str(path)) for name, path in SCHEMATRONS.items()}
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(broken(base64.b64decode(line), schema, rules, saxon)), flush=True)


def broken(document: bytes, schema: Any, rules: dict[str, Any], saxon: Any) -> list[str]:
    """The rules that the document breaks, each with its words."""
    root = etree.fromstring(document)
    if not schema.validate(root):
        return [f"XSD: {error.message}" for error in schema.error_log]
    is_between_businesses = b'URIID schemeID="0225"' in document
    found = []
    for name, sheet in rules.items():
        if name == "FR" and not is_between_businesses:
            continue   # four of its rules are for businesses only
        report = sheet.transform_to_string(xdm_node=saxon.parse_xml(xml_text=document.decode()))
        for failed in etree.fromstring(report.encode()).iter(FAILED):
            if failed.get("flag") != "warning":
                found.append(f"{name} {failed.get('id')}: {' '.join(''.join(failed.itertext()).split())}")
    return found


if __name__ == "__main__":
    main()
