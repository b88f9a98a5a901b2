"""Makes the one file that pages load out of `client/src`: `python client/build.py`.

The modules are put one after another, so that `websockets.js` can be read and needs no tools to be
made; with Node on this machine, terser makes `websockets.min.js` out of it.
"""

import re
import shutil
import subprocess
from pathlib import Path

CLIENT = Path(__file__).parent
ROOT = CLIENT.parent
STATIC = ROOT / "src/django_aws_api_gateway_websockets/static/django_aws_api_gateway_websockets"
TOOLS = ROOT / ".tools" / "client"
TERSER = "terser@5.51.4"
NOTICE = "django-aws-api-gateway-websockets, MIT; made from client/src by client/build.py"

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.M)
_EXPORT_LIST = re.compile(r"^export \{[^}]*\};\n", re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.M)


def bundle() -> str:
    """Return all modules as one, those that are imported first."""
    modules: list[str] = []
    _collect("index", modules)
    public = sorted(_exports("index"))
    return "\n".join([f"/* {NOTICE} */\n", *modules, f"export {{ {', '.join(public)} }};\n"])


def minify() -> str:
    """Return the one file as short as terser makes it; names that begin with `_` are internal."""
    command = [
        str(terser()),
        "--module",
        "--ecma=2022",
        "--compress=passes=3",
        "--mangle",
        "--mangle-props=regex=/^_/",
        f"--format=preamble='/* {NOTICE} */'",
    ]
    finished = subprocess.run(command, input=bundle(), check=True, capture_output=True, text=True)
    return finished.stdout


def terser() -> Path:
    """Return the path of terser, which npm installs if it is not there yet."""
    command = TOOLS / "node_modules/.bin/terser"
    package = TOOLS / "node_modules/terser/package.json"
    version = TERSER.partition("@")[2]
    if not package.exists() or f'"version": "{version}"' not in package.read_text():
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--silent"]
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "install", "--prefix", str(TOOLS), *options, TERSER], check=True)
    return command


def _collect(name: str, modules: list[str], seen: set[str] | None = None) -> None:
    seen = set() if seen is None else seen
    if name in seen:
        return
    seen.add(name)
    text = (CLIENT / f"src/{name}.js").read_text()
    for imported in _IMPORT.findall(text):
        _collect(imported, modules, seen)
    for pattern in (_IMPORT, _EXPORT_LIST, _EXPORT):
        text = pattern.sub("", text)
    modules.append(text.strip() + "\n")


def _exports(name: str) -> set[str]:
    text = (CLIENT / f"src/{name}.js").read_text()
    listed = re.findall(r"^export \{([^}]*)\};", text, re.M)
    names = {one.strip() for group in listed for one in group.split(",")}
    return names | set(_EXPORT.findall(text))


def main() -> None:
    """Write the files beside each other."""
    (STATIC / "websockets.js").write_text(bundle())
    (STATIC / "websockets.d.ts").write_text((CLIENT / "websockets.d.ts").read_text())
    (STATIC / "websockets.min.js").write_text(minify())


if __name__ == "__main__":
    main()
