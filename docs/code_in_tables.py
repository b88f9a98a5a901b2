"""Let the code in a table break behind `_`, `.` and `(`, and nowhere within a word.

A long call would push the next column off a phone, and the style sheet alone can only have it break
between any two letters.
"""

import re
from typing import Any

from sphinx.application import Sphinx

TABLE = re.compile(r"<table\b.*?</table>", re.S)
CODE = re.compile(r'(?<=<span class="pre">)[^<]+')
SEAM = re.compile(r"(?<=[_.(])(?=[^_.(])")


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx mark the places in each page."""
    app.connect("html-page-context", mark_seams)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mark_seams(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Mark where a browser may break code."""
    if "body" in context:
        context["body"] = TABLE.sub(with_seams, context["body"])


def with_seams(table: re.Match[str]) -> str:
    """Return a table with the places in it."""
    return CODE.sub(lambda code: SEAM.sub("<wbr>", code[0]), table[0])
