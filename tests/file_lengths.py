"""`make check`: no file of the package or the examples is too long to read in one go."""

import subprocess
import sys
from pathlib import Path

LIMIT_LINES = 400
MADE = {
    "src/django_aws_api_gateway_websockets/static/django_aws_api_gateway_websockets/websockets.js"
}


def main() -> int:
    """Name the files over the limit; what is run or made of others is not read."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.js", "*.css"],
        check=True,
        capture_output=True,
        text=True,
    )
    too_long = [
        f"{path}: {lines} lines"
        for path in listed.stdout.splitlines()
        if "/migrations/" not in path and path not in MADE and Path(path).exists()
        if (lines := len(Path(path).read_text().splitlines())) > LIMIT_LINES
    ]
    for line in too_long:
        print(f"Over {LIMIT_LINES} lines, split it by noun: {line}")
    return bool(too_long)


if __name__ == "__main__":
    sys.exit(main())
