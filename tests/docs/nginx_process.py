"""nginx with a block of the manual, without TLS and in front of what a test has started."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import eventually


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _configuration(block: str, folder: Path, port: int) -> str:
    block = re.sub(r"^ +ssl_certificate.*\n", "", block, flags=re.M)
    block = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return (
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;"
        f"events {{}} http {{ access_log off; {paths}\n{block}\n}}"
    )


@contextmanager
def nginx(folder: Path, block: str) -> Iterator[int]:
    """Run nginx with a block that listens at 443; gives the port that it has instead."""
    port = free_port()
    (folder / "nginx.conf").write_text(_configuration(block, folder, port))
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")],
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: listens(port) or process.poll() is not None)
        yield port
    finally:
        process.terminate()
        process.wait(10)
