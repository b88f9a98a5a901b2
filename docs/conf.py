"""The configuration of Sphinx; `make docs` builds the pages, with warnings as errors."""

import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

_PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())

project = "Django AWS API Gateway WebSockets"
author = "The django-aws-api-gateway-websockets developers"
copyright = f"2026, {author}"  # noqa: A001 - the name Sphinx looks for.
release = version = _PYPROJECT["project"]["version"]

extensions = ["myst_parser", "sphinx_copybutton", "markdown_twins", "code_in_tables"]
myst_enable_extensions = ["colon_fence", "deflist"]
# Each setting, check, command and error can be linked to.
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

html_search_scorer = str(Path(__file__).parent / "search_scorer.js")
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
# The usual one underlines every name of a class.
pygments_dark_style = "a11y-high-contrast-dark"
html_show_sphinx = False
# The twins are more: they have the files that a page shows in them.
html_copy_source = False
copybutton_prompt_text = "$ "
