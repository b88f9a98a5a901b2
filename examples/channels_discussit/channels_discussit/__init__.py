"""The project around the chat on Django Channels; the chat itself is the other example's."""

import sys
from pathlib import Path

# Behind this example's own folder, so that `sockets` is found here.
sys.path.append(str(Path(__file__).parents[2] / "discussit"))
