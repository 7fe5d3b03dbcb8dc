"""What a customer types and sends on the way to an appointment."""

import re
from io import BytesIO

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

START = "2026-11-24T09:00:00+00:00"  # Tuesday, 10 h in Paris
REPAIR, SALE = "/book/1", "/book/2"
FAULT = {"device": "Réservoir de WC", "symptom": "L’eau coule en continu."}
PERSON = {"name": "Marie Delaunay", "email": "marie@exemple.example", "phone": "06 39 98 27 50"}
AGREED = {"terms": "y", "immediate": "y"}


def a_photo(side: int = 400) -> BytesIO:
    """A picture as a telephone sends it."""
    out = BytesIO()
    Image.new("RGB", (side, side // 2), "teal").save(out, "JPEG")
    out.seek(0)
    return out


def begin(client: FlaskClient, service: str = REPAIR, start: str = START) -> str:
    """A draft for this time; answers the address its pages stand under."""
    answer = client.post(service, data={"start": start})
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/fault")


def tell(client: FlaskClient, draft: str, **fault: str) -> None:
    """What is broken, and that nothing of it is dangerous: the person is asked next."""
    client.post(f"{draft}/fault", data=FAULT | fault)
    client.post(f"{draft}/safety", data={"danger": "nothing"})


def typed(page: TestResponse, name: str) -> str:
    """What stands in this field of the page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.text)
    return found[1] if found else ""
