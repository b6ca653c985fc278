"""Where things are kept."""

import os
import stat
from pathlib import Path

import pytest

from teahouse.paths import SOCKET_BYTES, BadProfileName, profile_paths, run_folder


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home of its own."""
    monkeypatch.setenv("TEAHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "r"))


def test_folders_are_private() -> None:
    """0700, the profile and its sockets."""
    paths = profile_paths("work")
    for folder in (paths.folder, paths.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert paths.settings.parent == paths.folder == paths.database.parent


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "x" * 33, "a\n", "a.b"])
def test_bad_names_are_refused(name: str) -> None:
    """A name is one plain folder."""
    with pytest.raises(BadProfileName):
        profile_paths(name)


@pytest.mark.parametrize("runtime", ["", "/nonexistent/deep", "x" * 90])
def test_sockets_have_short_paths(runtime: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the system says; and two profiles never share."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"{tmp_path}/{runtime}" if runtime.startswith("x") else runtime)
    one, two = profile_paths("one"), profile_paths("two")
    assert len(os.fsencode(one.broker_socket)) < SOCKET_BYTES
    assert one.run != two.run
    assert one.run == profile_paths("one").run


def test_a_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Readable by others means not ours."""
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    (runtime / "teahouse").mkdir(parents=True)
    (runtime / "teahouse").chmod(0o755)
    assert runtime not in run_folder(tmp_path).parents
