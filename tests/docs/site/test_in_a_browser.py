"""In a browser, the site finds the page that a reader would want, and fits a phone."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

WANTED = {
    "quickstart": "project/five-minutes.html",
    "Docker": "how-to/local-development.html",
    "IAM": "how-to/aws/iam.html",
    "Route 53": "how-to/aws/custom-domain.html",
    "testing": "how-to/testing.html",
    "reconnect": "how-to/client.html",
    "rate limit": "how-to/rate-limits.html",
    "presence": "tutorial/4-rooms-with-presence.html",
    "Pusher": "how-to/from-pusher.html",
    "upgrade": "how-to/upgrading.html",
}
SEEN = 3
"""Results that a reader looks at."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the name it has there.
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Serve the site."""
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(site.folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("words", WANTED)
def test_the_search_finds_the_page_among_its_first_results(address, browser, words):
    page = browser.new_page()
    page.goto(f"{address}/search.html?q={words}")

    expect(page.locator("#search-results")).to_contain_text("Search finished")
    results = page.locator("#search-results ul.search a").evaluate_all(
        "all => all.map(a => a.href)"
    )
    found = [
        result.removeprefix(f"{address}/").partition("#")[0].partition("?")[0] for result in results
    ]
    page.close()

    assert WANTED[words] in list(dict.fromkeys(found))[:SEEN]


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(address, browser, site, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    wide = []
    for path in sorted(site.pages):
        page.goto(f"{address}/{path.relative_to(site.folder)}", wait_until="domcontentloaded")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(str(path.relative_to(site.folder)))
    page.close()

    assert wide == []


CUT = """() => [...document.querySelectorAll("td code .pre")].filter((piece) => {
  if (piece.getClientRects().length < 2) return false;
  const text = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
  const letters = [];
  while (text.nextNode()) {
    for (let at = 0; at < text.currentNode.length; at += 1) {
      const range = document.createRange();
      range.setStart(text.currentNode, at);
      range.setEnd(text.currentNode, at + 1);
      letters.push([text.currentNode.data[at], range.getBoundingClientRect().top]);
    }
  }
  return letters.some(([letter, top], at) =>
    at && top > letters[at - 1][1] + 2 && /[a-z0-9]/i.test(letter + "") &&
    /[a-z0-9]/i.test(letters[at - 1][0]));
}).map((piece) => piece.textContent)"""
"""Names in tables that are broken between two letters."""


def test_no_name_in_a_table_is_broken_within_a_word_on_a_phone(address, browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    cut = {}
    for path in sorted(site.pages):
        name = str(path.relative_to(site.folder))
        page.goto(f"{address}/{name}", wait_until="domcontentloaded")
        cut[name] = page.evaluate(CUT)
    page.close()

    assert {name: pieces for name, pieces in cut.items() if pieces} == {}


def test_a_diagram_keeps_its_size_on_a_phone_and_scrolls(address, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{address}/explanation/architecture.html")
    shown = page.locator("figure.diagram:visible")

    expect(shown).to_have_count(3)
    for figure in shown.all():
        assert figure.locator("img").bounding_box()["width"] == 760
        assert figure.evaluate("one => one.scrollWidth > one.clientWidth && one.clientWidth < 390")
    page.close()


def test_the_front_page_has_each_of_its_links_once(address, browser):
    page = browser.new_page()
    page.goto(address)

    expect(page.locator("article .toctree-wrapper li")).to_have_count(0)
    expect(page.locator("article table a")).not_to_have_count(0)
    page.close()
