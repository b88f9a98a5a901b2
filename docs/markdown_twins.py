"""Write a Markdown twin of each page beside its HTML, and `llms.txt` with `llms-full.txt`.

The pages are Markdown already, so a twin is the page with the files it shows put into it.
Extensions that do the same build everything a second time, by way of a converter that knows less
of MyST. `llms.txt` follows https://llmstxt.org/.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralIncludeReader

DIRECTIVE = re.compile(
    r"^(?P<indent> *)`{3}\{(?P<name>[a-z]+)\} ?(?P<argument>[^\n]*)\n(?P<body>.*?)^ *`{3}\n",
    re.M | re.S,
)
OPTION = re.compile(r"^ *:(?P<name>[a-z-]+): ?(?P<value>.*)$", re.M)


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx write the twins after its own pages, and each page name its twin."""
    app.connect("build-finished", write_twins)
    app.connect("html-page-context", name_twin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def name_twin(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a link to the twin into the head of a page."""
    if doctree is not None:
        address = f"{page.rpartition('/')[2]}.md"
        link = f'<link rel="alternate" type="text/markdown" href="{address}">'
        context["metatags"] = context.get("metatags", "") + link


def write_twins(app: Sphinx, failed: Exception | None) -> None:
    """Write every twin, the list of them, and all of them in one file."""
    if failed or app.builder.format != "html":
        return
    out, twins = Path(app.outdir), {}
    for page in app.env.found_docs:
        twins[page] = twin(app, Path(app.env.doc2path(page)))
        path = out / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(twins[page])
    (out / "llms.txt").write_text("\n".join(listed(app, twins)) + "\n")
    order = [page for _, pages in chapters(app) for page in pages]
    (out / "llms-full.txt").write_text("\n\n".join(twins[page] for page in ["index", *order]))


def twin(app: Sphinx, path: Path) -> str:
    """Return a page with what it includes in it."""

    def replaced(found: re.Match[str]) -> str:
        options = {one["name"]: one["value"].strip('"') for one in OPTION.finditer(found["body"])}
        return textual(app, path, found, options)

    return DIRECTIVE.sub(replaced, path.read_text())


def textual(app: Sphinx, path: Path, found: re.Match[str], options: dict[str, str]) -> str:
    """Return what stands in the twin of a page for a directive."""
    target = path.parent / found["argument"]
    if found["name"] == "literalinclude":
        shown = LiteralIncludeReader(str(target), options, app.config).read()[0]
        caption = f"`{options['caption']}`\n\n" if "caption" in options else ""
        fence = f"{caption}```{options.get('language', '')}\n{shown}```\n"
        return "".join(f"{found['indent']}{line}".rstrip() + "\n" for line in fence.splitlines())
    if found["name"] == "include":
        text = target.read_text()
        text = text.partition(options["start-after"])[2] if "start-after" in options else text
        text = text.partition(options["end-before"])[0] if "end-before" in options else text
        return re.sub(r"\]\(docs/", "](../", text)
    if found["name"] in {"image", "figure"}:
        is_second = "only-dark" in found["body"]
        return "" if is_second else f"![{options['alt']}]({found['argument']})\n"
    if found["name"] == "toctree":
        return ""
    raise ValueError(f"{path} has {found['name']}, of which nobody knows what it is in a twin.")


def chapters(app: Sphinx) -> Iterator[tuple[str, list[str]]]:
    """Give the captions of the index with their pages, those below them included."""
    for tree in app.env.get_doctree("index").findall(addnodes.toctree):
        pages = [page for _, page in tree["entries"]]
        yield tree["caption"], [one for page in pages for one in with_children(app, page)]


def with_children(app: Sphinx, page: str) -> list[str]:
    """Return a page and all that its own lists name."""
    children = app.env.toctree_includes.get(page, [])
    return [page, *(one for child in children for one in with_children(app, child))]


def listed(app: Sphinx, twins: dict[str, str]) -> Iterator[str]:
    """Give the lines of `llms.txt`."""
    yield f"# {app.config.project}\n\n> {first_sentence(twins['index'])}"
    for caption, pages in chapters(app):
        yield f"\n## {caption}\n"
        for page in pages:
            title = app.env.titles[page].astext()
            yield f"- [{title}]({page}.md): {first_sentence(twins[page])}"


def first_sentence(text: str) -> str:
    """Return the first line of prose on a page."""
    plain = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    prose = (line for line in plain.splitlines() if re.match(r"[A-Za-z`\[]", line))
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", next(prose, ""))
