"""The command line."""

from pathlib import Path

import pytest

from teahouse import __version__
from teahouse.options import Options, parse


def test_nothing_said_means_the_default_profile() -> None:
    """Every option has a default."""
    assert parse([]) == Options()


def test_files_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody needs to know the folder it was started in."""
    monkeypatch.chdir(tmp_path)
    found = parse(["--provision", "a.toml", "--screenshot", "b.png", "--demo", "--theme", "dark"])
    assert (found.provision, found.screenshot) == (tmp_path / "a.toml", tmp_path / "b.png")
    assert found.demo and found.theme == "dark"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else is started."""
    with pytest.raises(SystemExit):
        parse(["--version"])
    assert capsys.readouterr().out == f"Teahouse {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--passphrases", "a"], ["--restore", "a", "--demo"], ["--restore", "a", "--provision", "b.toml"]]
)
def test_what_makes_no_sense_together_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With a sentence."""
    with pytest.raises(SystemExit):
        parse(arguments)
    assert "restore" in capsys.readouterr().err
