"""`python -m tests.docs.screenshots`: make the pictures of the documentation anew.

Each is taken of an example that runs, with its local gateway and with people who talk.
"""

import argparse
import sys
from itertools import groupby
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Page

from tests.docs.pages import DOCS
from tests.docs.screenshots.pictures import PICTURES, Picture
from tests.docs.screenshots.window import CHROMIUM, headless

IMAGES = DOCS / "images"


def main(arguments: list[str]) -> int:
    """Make the pictures that were asked for."""
    asked = read(arguments)
    wanted = [picture for picture in PICTURES if picture.name in asked.names]
    if not Path(CHROMIUM).exists():
        print(f"There is no {CHROMIUM}. Install it: apt-get install chromium", file=sys.stderr)
        return 1
    asked.into.mkdir(parents=True, exist_ok=True)
    with headless() as browser:
        for example, pictures in groupby(wanted, key=lambda picture: picture.example):
            with example(browser) as pages:
                for picture in pictures:
                    path = asked.into / f"{picture.name}.png"
                    take(picture, pages[picture.page], path)
                    print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)
    return 0


def read(arguments: list[str]) -> argparse.Namespace:
    """Return `names` of pictures, and the folder that they go `into`."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.screenshots", description=__doc__)
    every = [picture.name for picture in PICTURES]
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"make only these pictures: {', '.join(every)}",
    )
    parser.add_argument(
        "--into", type=Path, default=IMAGES, metavar="FOLDER", help="default: docs/images"
    )
    asked = parser.parse_args(arguments)
    for name in asked.names:
        if name not in every:
            parser.error(f"there is no picture {name!r}; there are {', '.join(every)}")
    asked.names = asked.names or every
    return asked


def take(picture: Picture, page: Page, path: Path) -> None:
    """Write a picture of the page as it looks in the scheme."""
    if picture.path:
        response = page.goto(urljoin(page.url, picture.path))
        assert response.ok, f"{picture.path} is answered with {response.status}"
    page.set_viewport_size({**page.viewport_size, "height": picture.height})
    page.emulate_media(color_scheme=picture.scheme, reduced_motion="reduce")
    page.screenshot(path=path, animations="disabled", caret="hide")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
