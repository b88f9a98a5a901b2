import re
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Callable

import pytest

from tests.conformance.control_plane import create_api
from tests.gateway.aws import control_plane
from tests.gateway.processes import gateway_process

RELEASE = "4.1.0"
DOWNLOAD_SECONDS = 180.0


@pytest.fixture(scope="session")
def released_blocks(tmp_path_factory) -> Callable[[str], list[str]]:
    """Gives the Python blocks of a page of the existing package's documentation.

    They are read out of the released source archive each time; nothing of them is kept here.
    """
    folder = tmp_path_factory.mktemp("archive")
    package = "django-aws-api-gateway-websockets"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--no-binary", package, "--dest", str(folder), f"{package}=={RELEASE}"),
        ],
        check=True,
        timeout=DOWNLOAD_SECONDS,
    )

    def blocks_of(page: str) -> list[str]:
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            name = next(name for name in archive.getnames() if name.endswith(f"docs/{page}.rst"))
            file = archive.extractfile(name)
            assert file is not None
            text = file.read().decode()
        found = re.findall(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", text, re.MULTILINE)
        return [textwrap.dedent(block) for block in found]

    return blocks_of


@pytest.fixture(scope="module")
def gateway():
    with gateway_process() as process:
        yield process


@pytest.fixture(scope="module")
def client(gateway):
    return control_plane(gateway.url)


@pytest.fixture
def api_id(client):
    return create_api(client)["ApiId"]
