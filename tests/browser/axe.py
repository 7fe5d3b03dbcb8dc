"""What axe finds on a page: WCAG 2.2 AA and its best practices, every rule but the experimental ones."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / ".venv/test-tools/node_modules/axe-core/axe.min.js"
RUN = """async () => {
  const found = await axe.run({rules: {"target-size": {enabled: true}}, resultTypes: ["violations"]});
  return found.violations.map((one) => `${one.id}: ${one.nodes[0].html} ${one.nodes[0].failureSummary}`);
}"""


@cache
def _source() -> str:
    return SOURCE.read_text()


def faults(page: Page) -> list[str]:
    """One line for each rule that the page breaks, with the first place where it does."""
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
    page.evaluate(_source())  # not a script of the page: its policy would refuse one
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url}: {fault}" for fault in found]
