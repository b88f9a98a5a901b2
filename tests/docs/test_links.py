"""Each link to a heading leads to one, and what the guides quote is said by the package."""

import re
from functools import cache
from pathlib import Path

import pytest

import django_aws_api_gateway_websockets as package
from django_aws_api_gateway_websockets.migrations import __path__ as migrations
from tests.docs.pages import DOCS, ROOT, pages, prose
from tests.docs.shell_files import management_commands

QUOTING = [DOCS / "how-to/troubleshooting.md", DOCS / "how-to/upgrading.md"]
NOT_OURS = {
    # Of AWS, of its documentation, and of people's own pages.
    "Endpoint request timed out",
    "Internal server error",
    "Chatroom 1",
    'credentials: "same-origin"',
    "Missing 1 headers",
    '{"message":"Forbidden"}',
}
"""Texts on those pages that nothing in the package says word for word."""


@cache
def headings(path: Path) -> set[str]:
    """The names of a page's headings in links, as GitHub and MyST make them."""
    found, texts = set(), re.findall(r"^#{1,3} (.+)$", prose(path), re.M)
    for text in texts:
        plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = sum(
            one == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", one) is not None for one in found
        )
        # Sphinx also takes the names of options without their hyphens.
        found |= {f"{slug}-{number}" if number else slug, slug.strip("-")}
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_lead_somewhere(page):
    for target, heading in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", prose(page)):
        if not target.startswith(("http://", "https://")):
            path = (page.parent / target).resolve() if target else page
            assert heading in headings(path), f"{target}#{heading}"


@cache
def said() -> str:
    """Everything the package says, and what the reference says of API Gateway."""
    sources = Path(package.__path__[0]).rglob("*.py")
    reference = [
        DOCS / "reference" / f"{name}.md" for name in ("errors", "views", "models", "commands")
    ]
    return re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text() for path in [*sources, *reference]))


@pytest.mark.parametrize("page", QUOTING, ids=lambda page: page.stem)
def test_every_text_that_a_guide_quotes_is_in_the_code_or_reference(page):
    quoted = {text for text in re.findall(r"`([^`]+)`", prose(page)) if " " in text} - NOT_OURS
    texts = {text for text in quoted if not text.startswith(("manage.py", "update", "clear"))}

    assert texts
    assert [text for text in sorted(texts) if text not in said()] == []


def test_the_way_back_ends_where_release_4_1_0_does():
    (words,) = management_commands(DOCS / "how-to/files/go-back.sh")
    names = sorted(path.stem for path in Path(migrations[0]).glob("0*.py"))

    assert words[:2] == ["migrate", package.__name__]
    assert (
        "0015_alter_apigateway_provisioning_status"
        in (Path(migrations[0]) / f"{words[2]}.py").read_text()
    )
    assert words[2] in names
