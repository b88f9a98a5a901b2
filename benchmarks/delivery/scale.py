"""The growth of a broadcast's time and memory with its audience, up to a million sessions.

Ours alone, over TLS without latency; the rest is as in `near_and_far`. `python -m
benchmarks.delivery.scale` keeps benchmarks/results/delivery_scale.json and draws
docs/images/broadcast-scale.svg.
"""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.delivery import server as delivery_server
from benchmarks.delivery.near_and_far import work
from benchmarks.delivery.server import NEAR
from benchmarks.figures import ROOT, keep, spread, take_no_options

AUDIENCES = (10_000, 100_000, 300_000, 1_000_000)
ROUNDS = int(os.environ.get("ROUNDS", "3"))


def main() -> None:
    """One database of a million, and as many of them as each audience asks for."""
    rows: dict[int, list[dict]] = {audience: [] for audience in AUDIENCES}
    with (
        tempfile.TemporaryDirectory() as folder,
        delivery_server.running(Path(folder)) as server,
    ):
        work("ours", ROOT / "src", server, "prepare", str(max(AUDIENCES)))
        for _ in range(ROUNDS):
            for audience in AUDIENCES:
                told = work("ours", ROOT / "src", server, "send", "broadcast", NEAR, str(audience))
                assert told["sent"] == audience, told
                rows[audience].append(told | {"load": os.getloadavg()[0]})
                server.forget()
                print(audience, rows[audience][-1], flush=True)
    figures = {
        str(audience): {
            "seconds": spread([row["seconds"] for row in same]),
            "cpu_us_per_post": spread([row["cpu_seconds"] / audience * 1e6 for row in same]),
            "peak_mb": spread([row["peak_mb"] for row in same]),
            "load": spread([row["load"] for row in same]),
        }
        for audience, same in rows.items()
    }
    medians = {int(audience): one["seconds"]["median"] for audience, one in figures.items()}
    fit = line_through(medians)
    keep("delivery_scale", {"rounds": ROUNDS, "fit": fit, "figures": figures})
    plot = ROOT / "docs" / "images" / "broadcast-scale.svg"
    plot.write_text(drawn(medians, fit))
    print(fit)


def line_through(medians: dict[int, float]) -> dict[str, float]:
    """The straight line nearest to the points, and how much of their spread it explains."""
    slope, intercept = statistics.linear_regression(list(medians), list(medians.values()))
    correlation = statistics.correlation(list(medians), list(medians.values()))
    return {
        "us_per_session": round(slope * 1e6, 2),
        "seconds_at_none": round(intercept, 3),
        "r_squared": round(correlation**2, 5),
    }


WIDTH, HEIGHT, LEFT, BOTTOM = 640, 360, 60, 50


def drawn(medians: dict[int, float], fit: dict[str, float]) -> str:
    """The points and their line, in colours that suit a light and a dark page."""
    most, longest = max(medians), max(medians.values()) * 1.1

    def x(sessions: float) -> float:
        return round(LEFT + sessions / most * (WIDTH - LEFT - 30), 1)

    def y(seconds: float) -> float:
        return round(HEIGHT - BOTTOM - seconds / longest * (HEIGHT - BOTTOM - 30), 1)

    step = max(1, round(longest / 5))
    ticks = [
        f'<text x="{LEFT - 8}" y="{y(s) + 4}" text-anchor="end">{s}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH - 30}" y1="{y(s)}" y2="{y(s)}" opacity="0.2"/>'
        for s in range(0, int(longest) + 1, step)
    ]
    ticks += [
        f'<text x="{x(n)}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{n:,}</text>'
        for n in range(0, most + 1, most // 4)
    ]
    points = [f'<circle cx="{x(n)}" cy="{y(s)}" r="5"/>' for n, s in medians.items()]
    ends = fit["seconds_at_none"], fit["seconds_at_none"] + most * fit["us_per_session"] / 1e6
    shapes = "\n".join([*ticks, *points])
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"
 font-family="sans-serif" font-size="13" fill="#2b7de9" stroke-width="1.5">
<title>Seconds a broadcast takes, by the number of its recipients</title>
<style>text {{ fill: #808080 }} line {{ stroke: #808080 }}</style>
<text x="{LEFT}" y="18">seconds; {fit["us_per_session"]} µs for each session</text>
<text x="{WIDTH - 30}" y="{HEIGHT - 8}" text-anchor="end">sessions</text>
<polyline points="{x(0)},{y(ends[0])} {x(most)},{y(ends[1])}" stroke="#2b7de9" opacity="0.5"/>
{shapes}
</svg>
"""


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
