"""A terminal for commands that ask, such as for a password."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SECONDS = 60.0


def answer_prompts(
    command: list[str], answers: Mapping[str, str], folder: Path, environment: Mapping[str, str]
) -> None:
    """Run a command at a terminal of its own, and type an answer at each prompt it shows."""
    ours, its = os.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
        # Without a terminal of the whole session, a password is asked for at this one.
        start_new_session=True,
    )
    os.close(its)
    said = ""
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        while part := _read(terminal):
            said += part
            prompt = next((text for text in answers if said.endswith(text)), None)
            if prompt is not None:
                terminal.write(f"{answers[prompt]}\n".encode())
                said += "\n"
    assert process.wait(SECONDS) == 0, said


def _read(terminal) -> str:
    try:
        return terminal.read(1024).decode()
    except OSError:
        # The last process at the terminal has ended, in Linux's words.
        return ""
