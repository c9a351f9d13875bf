"""What the pages say of files and columns is there."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", ROOT / "local_aws")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def links(page: str) -> list[str]:
    """Return where a page's links lead, other sites left out."""
    text = CODE.sub("", (ROOT / page).read_text())
    return [target for target in LINK.findall(text) if not target.startswith(("http://", "https://", "mailto:"))]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in links(page):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(path), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_json_can_be_copied(page):
    for block in re.findall(r"```json\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
        json.loads(block)


def test_a_link_is_found_and_its_anchor_too():
    assert "costs.md" in links("docs/deploying.md")
    assert "rotate-credentials" in anchors(ROOT / "docs" / "deploying.md")


def test_the_moving_guide_has_every_column_of_every_table():
    tables = yaml.safe_load((ROOT / "include" / "data_model.yaml").read_text())["tables"]
    found: dict[str, list[str]] = {}
    rows = re.findall(r"^\| (?:`(\w+)` )?\| `(\w+)` \|", (ROOT / "docs" / "moving.md").read_text(), re.MULTILINE)
    for before, now in rows:
        if before == now and now in tables and now not in found:
            columns = found.setdefault(now, [])
        else:
            columns.append(now)
    assert found == {name: list(table["columns"]) for name, table in tables.items()}


def test_every_promise_has_its_test():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "reliability.md").read_text()))
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) >= 30
    assert {name for name in named if f"def {name}(" not in tests} == set()
