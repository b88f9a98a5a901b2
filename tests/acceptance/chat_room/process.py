"""The chat room example, run the way its README says: migrate, then runserver."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

MANAGE = Path(__file__).parents[3] / "examples" / "chat_room" / "manage.py"
START_SECONDS = 30.0
STOP_SECONDS = 30.0


class ChatRoom:
    """The example's processes, and the addresses they answer at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, gateway_port = free_port(), free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self.gateway_address = f"http://127.0.0.1:{gateway_port}/"
        self.output: list[str] = []
        self._environment = {
            **os.environ,
            "CHAT_ROOM_VAR": str(folder),
            "GATEWAY_PORT": str(gateway_port),
            "PYTHONUNBUFFERED": "1",
        }
        self._environment.pop("DJANGO_SETTINGS_MODULE", None)

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, str(MANAGE), *arguments]
        subprocess.run(command, env=self._environment, check=True, timeout=START_SECONDS)

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it, and return what it says."""
        command = [sys.executable, str(MANAGE), *arguments]
        environment = {**self._environment, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(
            command,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
            timeout=START_SECONDS,
        )

    def start(self) -> None:
        self.manage("migrate", "--verbosity=0")
        self._ended_or_listening = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, str(MANAGE), "runserver", "--noreload", f"127.0.0.1:{self.port}"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._ended_or_listening.wait(START_SECONDS)
        try:
            connect_within(self.port, STOP_SECONDS)
        except AssertionError:
            self.stop()
            raise AssertionError("runserver did not start:\n" + "".join(self.output)) from None

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._reader.join()
            self._process.stdout.close()

    def kill_gateway(self) -> None:
        os.kill(self._gateway_pid(), signal.SIGKILL)

    def _gateway_pid(self) -> int:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # The name in brackets may hold spaces; the parent is the second word after it.
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_text()
                if parent == self._process.pid and "_websockets.gateway" in command:
                    return int(folder.name)
        raise AssertionError("runserver has no gateway:\n" + "".join(self.output))

    def _read(self) -> None:
        for line in self._process.stdout:
            self.output.append(line)
            if f"127.0.0.1:{self.port}/" in line:
                self._ended_or_listening.set()
        self._ended_or_listening.set()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def connect_within(port: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nothing listens on port {port}"
            time.sleep(0.05)
        else:
            return
