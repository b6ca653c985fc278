"""The map in app/README.md, generated from the first lines of the docstrings: `python tests/map.py --write`."""

import ast
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1] / "app"
README = APP / "README.md"
MARKER = "<!-- The map below is generated: python tests/map.py --write -->\n"


def first_line(path: Path) -> str:
    """What a module says of itself."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0]


def entries(folder: Path, depth: int = 0) -> list[str]:
    """One line for each module, packages first described by their own docstring."""
    found = []
    for path in sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name)):
        indent = "  " * depth
        if path.is_dir() and (path / "__init__.py").exists():
            found.append(f"{indent}* **`{path.name}/`** {first_line(path / '__init__.py')}".rstrip())
            found += entries(path, depth + 1)
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.append(f"{indent}* `{path.name}` {first_line(path)}".rstrip())
    return found


def renewed() -> str:
    """app/README.md as it must be: what is written by hand above the marker, and the map below."""
    hand_written = README.read_text(encoding="utf-8").partition(MARKER)[0]
    return hand_written + MARKER + "\n" + "\n".join(entries(APP / "teahouse")) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(renewed(), encoding="utf-8")
    elif README.read_text(encoding="utf-8") != renewed():
        sys.exit("app/README.md: the map is out of date; python tests/map.py --write")
