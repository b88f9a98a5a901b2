"""The CPU and memory of processes and of all they have started, as Linux counts them."""

import os
from pathlib import Path

__all__ = ["cpu_seconds", "memory_kib"]


def family(pids: list[int]) -> list[int]:
    """The processes and all they have started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(pids)
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in family(pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_kib(pids: list[int]) -> dict[int, int]:
    page = os.sysconf("SC_PAGE_SIZE") // 1024
    return {
        pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for pid in family(pids)
    }
