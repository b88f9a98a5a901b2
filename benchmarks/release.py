"""The released package that ours is compared with."""

import subprocess
import sys
from pathlib import Path

__all__ = ["RELEASE", "install_release"]

RELEASE = "4.1.0"


def install_release(folder: Path) -> None:
    """Put it into a folder, to be set before everything else on the path of a process."""
    install = [
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"),
        *("--python", sys.executable, "--target", str(folder)),
    ]
    subprocess.run([*install, f"django-aws-api-gateway-websockets=={RELEASE}"], check=True)
