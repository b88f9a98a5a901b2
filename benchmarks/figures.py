"""Figures as they are kept: medians with their spread, and what they were measured on."""

import argparse
import json
import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["RESULTS", "ROOT", "keep", "measured_on", "spread", "take_beside", "take_no_options"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def spread(values: list[float]) -> dict[str, float]:
    """A median and what it lies between."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def keep(name: str, result: dict) -> None:
    """Write figures down with what they were measured on."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(measured_on() | result, indent=2) + "\n")


def measured_on() -> dict[str, str]:
    """The state of the project, the day and the machine."""
    commit = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(commit, cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        "commit": found.stdout.strip(),
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, shared",
    }


def take_beside(description: str | None) -> Path | None:
    """Return the `src` of another checkout of the project, where `--beside` names one."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--beside", metavar="CHECKOUT", type=Path, help="measure older code in the same rounds, too"
    )
    beside: Path | None = parser.parse_args().beside
    return beside and beside.resolve() / "src"


def take_no_options(description: str | None) -> None:
    """Let `--help` show what a program measures, and refuse what it would ignore."""
    argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
