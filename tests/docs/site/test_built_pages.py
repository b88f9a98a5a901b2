"""The documentation is built without a warning, and everything in it leads somewhere."""

import re
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import DOCS, ROOT, included

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SOURCES = sorted(
    path.relative_to(DOCS).with_suffix("")
    for path in DOCS.rglob("*.md")
    if "_build" not in path.parts
)


def test_every_link_and_every_anchor_leads_somewhere(site):
    lost = set()
    for page, reader in site.pages.items():
        for address in reader.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            read = site.pages.get(target)
            if not target.exists() or (
                parts.fragment and read and unquote(parts.fragment) not in read.anchors
            ):
                lost.add(f"{page.relative_to(site.folder)}: {address}")

    assert len(site.pages) > len(SOURCES)
    assert sorted(lost) == []


def test_no_page_links_to_a_file_that_readers_do_not_have(site):
    left = {
        f"{page.relative_to(site.folder)}: {address}"
        for page, reader in site.pages.items()
        for address in reader.addresses
        if address.endswith(".md") and page.with_suffix(".md").name != address
    }

    assert sorted(left) == []


def test_every_page_is_in_the_contents(site):
    contents = site.pages[site.folder / "index.html"].addresses

    for page in SOURCES:
        assert f"{page}.html" in contents | {"index.html"} or is_below_another(page, site), page


def is_below_another(page, site) -> bool:
    """Tell whether a page is in the contents of an index that the contents name."""
    index = site.folder / page.parent / "index.html"
    return index.exists() and f"{page.name}.html" in site.pages[index].addresses


@pytest.mark.parametrize("name", ["CHANGELOG", "CONTRIBUTING", "SECURITY"])
def test_a_file_of_the_root_is_a_page(site, name):
    first = (ROOT / f"{name}.md").read_text().partition("\n")[0].removeprefix("# ")
    html = (site.folder / f"project/{name.lower()}.html").read_text()

    assert f"<h1>{first}<" in html
    assert len(site.pages[site.folder / f"project/{name.lower()}.html"].anchors) > 3


def test_licence_and_five_minutes_are_the_texts_of_the_root(site):
    licence, five_minutes = (
        re.sub(r"<[^>]+>", "", (site.folder / f"project/{name}.html").read_text())
        for name in ("licence", "five-minutes")
    )

    assert (ROOT / "LICENSE").read_text().splitlines()[0] in licence
    assert "class EchoView" in five_minutes
    assert "Following a document" not in five_minutes


@pytest.mark.parametrize("page", SOURCES, ids=str)
def test_a_page_has_a_twin_in_markdown_with_all_that_it_shows(site, page):
    twin = (site.folder / f"{page}.md").read_text()

    assert twin.startswith("# ")
    assert re.findall(r"^ *```\{", twin, re.M) == []
    for path in included(DOCS / f"{page}.md"):
        lines = {line.strip() for line in path.read_text().splitlines() if line.strip()}
        assert any(line in twin for line in lines), path
    assert f'href="{page.name}.md"' in (site.folder / f"{page}.html").read_text()


def test_the_list_for_machines_names_each_page_once_with_a_sentence(site):
    listed = re.findall(
        r"^- \[[^\]]+\]\((\S+)\.md\): (.+)$", (site.folder / "llms.txt").read_text(), re.M
    )
    whole = (site.folder / "llms-full.txt").read_text()

    assert sorted(name for name, _ in listed) == sorted({*map(str, SOURCES)} - {"index"})
    assert all((site.folder / f"{name}.md").read_text().strip() in whole for name, _ in listed)
