"""A reader of the tutorial: types what the pages say, in their order, into an empty folder.

Three things are different from what a reader types. The virtual environment is made and then left
alone, and the line that installs the package is left out, since the package of this environment is
tried. Ports are free ones.
"""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from tests.acceptance.chat_room.process import connect_within, free_port
from tests.acceptance.tutorial.terminal import answer_prompts
from tests.docs.pages import DOCS, ROOT, captioned
from tests.docs.shell_files import commands

TUTORIAL = DOCS / "tutorial"
SECONDS = 60.0
TERMINALS = {"terminal", "another terminal"}
AT_THE_END = ", at the end"
PASSWORDS = {"Password: ": "correct-horse-7", "Password (again): ": "correct-horse-7"}


class Reader:
    """Somebody with a terminal, an editor and an empty folder.

    Args:
        folder: empty; the terminal begins there.
        only_files: leave out what the pages let run: servers, migrations, tests and users.
    """

    def __init__(self, folder: Path, *, only_files: bool = False) -> None:
        self.where = folder
        self.port, self.gateway_port = free_port(), free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self.said = ""
        self.server: subprocess.Popen | None = None
        self._only_files = only_files
        kept = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def server_said(self) -> str:
        return (self.where / "terminal.txt").read_text()

    def follow(self, page: str, *, but: str = "") -> None:
        """Do what a page says, in its order.

        Args:
            page: its name without `.md`.
            but: name of a file to leave out for now.
        """
        for file, caption in captioned(TUTORIAL / f"{page}.md"):
            if file.name == but:
                continue
            if caption in TERMINALS:
                self.type_lines(file)
            else:
                self.paste(file, caption)

    def paste(self, file: Path, caption: str) -> None:
        """Put a block into the file that its caption names."""
        path = self.where / caption.removesuffix(AT_THE_END)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text()
        if caption.endswith(AT_THE_END):
            text = f"{path.read_text()}\n{text}"
            if "WEBSOCKETS = " in file.read_text():
                address = f"127.0.0.1:{self.gateway_port}"
                text += f'WEBSOCKETS["local_gateway_address"] = "{address}"\n'
        path.write_text(text)

    def type_lines(self, file: Path) -> None:
        """Type the lines of a shell file."""
        for words in commands(file):
            if words[0] == "cd":
                self.where = self.where / words[1]
            elif words[0] == ".":
                assert self._only_files or (self.where / words[1]).is_file(), words
            elif words[0] != "pip":
                assert words[0] == "python", words
                self._type(words[1:])

    def _type(self, words: list[str]) -> None:
        if self._only_files and not {"startproject", "startapp"} & set(words):
            return
        if "runserver" in words:
            self.serve(words)
        elif "createsuperuser" in words:
            answer_prompts([sys.executable, *words], PASSWORDS, self.where, self._environment)
        else:
            self.run(*words)

    def run(self, *words: str) -> str:
        """Run Python with these words to its end, and return what it says."""
        code, said = self._finish(words)
        assert code == 0, f"{shlex.join(words)} ended with:\n{said}"
        return said

    def fail(self, *words: str) -> str:
        """Run what has to end with 1, and return what it says."""
        code, said = self._finish(words)
        assert code == 1, f"{shlex.join(words)} ended with {code}:\n{said}"
        return said

    def _finish(self, words: tuple[str, ...]) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=self.where,
            env=self._environment,
            timeout=SECONDS,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said += ended.stdout
        return ended.returncode, ended.stdout

    def serve(self, words: list[str]) -> None:
        """Start the server of a page at the free port."""
        with (self.where / "terminal.txt").open("w") as terminal:
            self.server = subprocess.Popen(
                [sys.executable, *words, str(self.port)],
                cwd=self.where,
                env=self._environment,
                stdout=terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            connect_within(self.port, SECONDS)
        except AssertionError:
            self.stop()
            raise AssertionError(f"runserver did not start:\n{self.server_said}") from None

    def stop(self) -> None:
        """Press Ctrl-C in the server's terminal, if one runs."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGINT)
            server, self.server = self.server, None
            try:
                code = server.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                raise
            assert code == 0, f"runserver ended with {code}:\n{self.server_said}"
