"""The shape of the house as a test: sizes, imports, doors. The layers themselves are contracts in pyproject.toml."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import map as house_map

APP = Path(__file__).resolve().parents[2] / "app" / "teahouse"
MODULE_LINES, CLASS_LINES, CLASS_METHODS, FUNCTION_LINES, FAN_OUT, BROAD_EXCEPTS = 400, 250, 20, 50, 15, 5
COMPOSITION = {"teahouse.main", "teahouse.wiring"}
BANNED = ("PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtWebEngine", "pickle", "marshal", "shelve")
NET_ONLY = ("aiohttp", "aiodns", "http.client", "urllib.request", "ftplib", "smtplib", "requests", "httpx")


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = ["teahouse", *path.relative_to(APP).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(APP.rglob("*.py"))}
PLACES = {name_of(path): path for path in sorted(APP.rglob("*.py"))}


def imports(name: str) -> set[str]:
    """Everything a module imports, anywhere in it, as dotted names; members that are modules count as such."""
    found: set[str] = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if PLACES[name].name == "__init__.py" else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            members = {f"{base}.{alias.name}" for alias in node.names}
            modules = {member for member in members if member in TREES or not base.startswith("teahouse")}
            found.update(modules)
            if len(modules) < len(members) or not base.startswith("teahouse"):
                found.add(base)
    return found


def inside(name: str) -> set[str]:
    """The modules of this program that a module imports."""
    return {found for found in imports(name) if found in TREES and found != name}


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """From the first decorator to the last line."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or first) - first + 1


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("name", TREES)
def test_sizes(name: str) -> None:
    """Nothing grows beyond what one can hold in mind."""
    assert len(PLACES[name].read_text(encoding="utf-8").splitlines()) <= MODULE_LINES
    for function in functions(TREES[name]):
        assert lines(function) <= FUNCTION_LINES, f"{name}.{function.name} has {lines(function)} lines"
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
            assert lines(node) <= CLASS_LINES, f"{name}.{node.name} has {lines(node)} lines"
            assert methods <= CLASS_METHODS, f"{name}.{node.name} has {methods} methods"


@pytest.mark.parametrize("name", TREES)
def test_public_names_say_what_they_are(name: str) -> None:
    """A docstring on every module, public class and public function or method."""
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
    for node in TREES[name].body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{node.name} has no docstring"


@pytest.mark.parametrize("name", TREES)
def test_imports(name: str) -> None:
    """Few of our own, none that are banned."""
    assert name in COMPOSITION or len(inside(name)) <= FAN_OUT, f"{name} imports {sorted(inside(name))}"
    banned = BANNED if name.startswith("teahouse.net") else BANNED + NET_ONLY
    bad = [found for found in imports(name) if any(found == b or found.startswith(f"{b}.") for b in banned)]
    assert not bad, f"{name} imports {bad}"


OPENS = ("socket", "create_connection", "getaddrinfo", "open_connection", "open_unix_connection", "start_server")
"""Names in a call that make a socket or look a name up."""
MAY_OPEN = {
    "teahouse.net.dial": {"socket", "getaddrinfo"},
    "teahouse.net.certificate": {"open_connection"},  # on a socket that dial has made
    "teahouse.net.http": {"open_connection"},  # likewise
    "teahouse.engine.client": {"create_connection"},  # likewise
    "teahouse.net.seal": {"socket"},  # to see that it cannot
    "teahouse.net.tor_control": {"socket"},  # tor's control port, a Unix socket
    "teahouse.proving": {"socket"},  # made of descriptors that are open, to see of which family they are
    "teahouse.broker": {"socket"},
    "teahouse.forward": {"socket", "create_connection"},
    "teahouse.tor_runner": {"socket"},
    "teahouse.practice.processes": {"create_connection"},
    "teahouse.practice.prosody": {"socket"},
}


def test_a3_only_the_dialer_opens_connections() -> None:
    """In the whole client there is one other socket, that of tor's control port; names are resolved in one place."""
    found: dict[str, set[str]] = {}
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if called in OPENS:
                    found.setdefault(name, set()).add(called)
    assert [name for name, calls in found.items() if calls - MAY_OPEN.get(name, set())] == []
    by_dns = {name for name in TREES if imports(name) & {"aiodns", "pycares", "dns.message"}}
    assert by_dns == {"teahouse.net.names"}
    assert {name for name in TREES if any(i.partition(".")[0] == "stem" for i in imports(name))} == {
        "teahouse.net.tor_control"
    }


def test_one_thread_collects_garbage() -> None:
    """The broker stops it before anything else runs, the window takes it up; in any other thread it would crash Qt."""
    calls: dict[str, set[str]] = {}
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gc":
                calls.setdefault(name, set()).add(node.attr)
    alone = calls.pop("teahouse.ui.collector")
    assert calls == {"teahouse.broker": {"disable"}, "teahouse.main": {"freeze"}} and "enable" not in alone


def test_no_cycles() -> None:
    """Also none under TYPE_CHECKING or inside functions."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"import cycle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for other in sorted(inside(name)):
                visit(other, (*path, name))
            done.add(name)

    for name in TREES:
        visit(name, ())


def test_few_doors_catch_everything() -> None:
    """`except Exception` is for named doors only."""
    doors = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert len(doors) <= BROAD_EXCEPTS, doors


def test_the_map_is_true() -> None:
    """app/README.md ends with the generated map; `python tests/map.py --write` renews it."""
    assert house_map.README.read_text(encoding="utf-8") == house_map.renewed()
