"""Starts the real program with a script of `tests.e2e.hands`, and reads what the script reported."""

from collections.abc import Sequence
from pathlib import Path

from teahouse.domain.policy import Policy
from teahouse.profile import Profile, write_profile
from tests.rig.program import Program
from tests.rig.prosody import HOST, Prosody
from tests.rig.xvfb import Xvfb


def hands(
    home: Path, display: Xvfb, script: str, *arguments: str, before: Sequence[str] = (), **words: str
) -> Program:
    """The program on a display of its own, driven by a script; `words` are its environment."""
    environment = {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb", **words}
    return Program(home, script, *arguments, environment=environment, module="tests.e2e.hands", before=before)


def newcomer(server: Prosody, room: str, **more: str) -> dict[str, str]:
    """The words of the script `register`: by Tor through an exit, unless `more` says otherwise."""
    words = {
        "HANDS_DOMAIN": HOST,
        "HANDS_HOST": HOST,
        "HANDS_PORT": str(server.starttls_port),
        "HANDS_CA": str(server.ca),
        "HANDS_NAME": server.fresh_room("newcomer").partition("@")[0],
        "HANDS_ROOM": room,
        "HANDS_WAY": "No, connect",
        "HANDS_STRIP": "exit,|exit ",
        "HANDS_PATIENCE": "60",
    }
    return words | more


def open_profile(home: Path) -> None:
    """The profile of this home allows other routes than Tor."""
    folder = home / "data" / "profiles" / "default"
    folder.mkdir(parents=True)
    write_profile(folder / "profile.toml", Profile(Policy.OPEN))


def heard(program: Program) -> list[str]:
    """The lines that the script reported."""
    return [line.removeprefix("hands: line ") for line in program.output.splitlines() if line.startswith("hands: line")]


def two_identities(server: Prosody, folder: Path, policy: Policy = Policy.OPEN) -> Path:
    """A provision file of two accounts, each with a room of its own: Evening tea, and Garden."""
    text = f'policy = "{policy.value}"\n'
    way = f'route = "direct"\nhost = "127.0.0.1"\nport = {server.tls_port}\ndirect_tls = true'
    if policy is Policy.TOR:
        way = f'route = "tor"\nhost = "{HOST}"\nport = {server.starttls_port}'
    for name, title in (("willow", "Evening tea"), ("plum", "Garden")):
        login = server.fresh(name)
        text += f"""
[[account]]
address = "{login.jid}"
password = "{login.password}"
nick = "{name}"
{way}
ca_file = "{server.ca}"
rooms = [{{address = "{server.fresh_room(name)}", title = "{title}", nick = "{name}"}}]
"""
    file = folder / "provision.toml"
    file.write_text(text)
    return file
