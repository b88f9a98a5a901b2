"""The report for people, line by line, and the one for programs."""

from collections.abc import Callable
from typing import Any, Final

from .finding import Finding, Sign
from .round import Result

__all__ = ["PAGE", "SIGNS", "as_json", "as_lines", "page_of", "sum_up"]

PAGE: Final = "docs/reference/doctor.md"

SIGNS: Final = {
    Sign.WELL: "✓",
    Sign.NOT_NEEDED: "-",
    Sign.WARNING: "!",
    Sign.BROKEN: "✗",
    Sign.CRASHED: "?",
}
_ASCII_SIGNS: Final = {**SIGNS, Sign.WELL: "+", Sign.BROKEN: "x"}
_NAME_WIDTH: Final = 14
_TIME_WIDTH: Final = 8


def as_lines(result: Result, *, encoding: str = "utf-8") -> list[str]:
    """Return the lines for one hop: sign, name, time, text, and below it what to do.

    Args:
        result: of the hop.
        encoding: of the terminal; one that has no ✓ gets other signs.
    """
    finding = result.finding
    sign = _signs_for(encoding)[finding.sign]
    first = (
        f"{sign} {result.hop.name:<{_NAME_WIDTH}} {_time(result):>{_TIME_WIDTH}}  {finding.text}"
    )
    lines = [first]
    indent = " " * (len(sign) + _NAME_WIDTH + _TIME_WIDTH + 4)
    if finding.fix:
        lines.append(f"{indent}Fix: {finding.fix}")
    if finding.sign in {Sign.BROKEN, Sign.WARNING} and finding.fix:
        lines.append(f"{indent}Page: {page_of(result)}")
    return lines


def as_json(result: Result, hide: Callable[[str], str]) -> dict[str, Any]:
    """Return the same for programs."""
    finding = result.finding
    return {
        "hop": result.hop.name,
        "sign": finding.sign.value,
        "seconds": round(result.seconds, 4),
        "text": hide(finding.text),
        "fix": hide(finding.fix),
        "page": page_of(result),
    }


def page_of(result: Result) -> str:
    """Return the page with more about a finding."""
    return result.finding.page or f"{PAGE}#{result.hop.name.lstrip('@')}"


def sum_up(name: str, results: list[Result], *, left: int) -> str:
    """Return the sentence at the end.

    Args:
        name: of the API; "" where no API was looked at.
        results: of all hops that were looked at.
        left: hops that were not, behind a broken one.
    """
    findings = [(one.hop.name, one.finding) for one in results]
    seconds = sum(one.seconds for one in results)
    of_api = f"{name}: " if name else ""
    if broken := next((one for one, finding in findings if finding.sign is Sign.BROKEN), None):
        behind = f"; {_count(left, 'hop')} behind it not looked at" if left else ""
        return f"{of_api}stopped at {broken}{behind}."
    if crashed := next((one for one, finding in findings if finding.sign is Sign.CRASHED), None):
        return f"{of_api}nothing is known of {crashed}, whose check has crashed."
    notes = sum(finding.sign is Sign.WARNING for _, finding in findings)
    remarks = f" {_count(notes, 'remark')} marked with !." if notes else ""
    if not _is_round(findings):
        return f"{of_api}nothing is broken as far as was looked ({seconds:.1f} s).{remarks}"
    return f"{of_api}all is well: a message went all the way round in {seconds:.1f} s.{remarks}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _is_round(findings: list[tuple[str, Finding]]) -> bool:
    return any(
        name in {"frame", "reply"} and finding.sign is Sign.WELL for name, finding in findings
    )


def _signs_for(encoding: str) -> dict[Sign, str]:
    try:
        "".join(SIGNS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII_SIGNS
    return SIGNS


def _time(result: Result) -> str:
    if result.finding.sign is Sign.NOT_NEEDED:
        return ""
    return f"{result.seconds * 1000:.0f} ms"
