"""`python -m teahouse.practice.server FOLDER`: writes all a practice Prosody needs, then becomes that Prosody.

FOLDER then holds `port` (direct TLS), `ca.pem`, `guests.toml` (for the guests) and `provision.toml`, in the format that
`teahouse --provision FILE` reads:

    [[account]]
    address = "jasmine@practice.localhost"
    password = "…"
    nick = "jasmine"
    host = "127.0.0.1"          # empty: what the address says
    port = 5223                 # 0: the usual one
    direct_tls = true
    ca_file = "/…/ca.pem"       # empty: the system's authorities
    register = false            # true: make the account first
    rooms = [{address = "lobby@rooms.practice.localhost", title = "Lobby", nick = "jasmine", password = ""}]
                                # exposed = true: enter it although everybody in it sees the address
    contacts = [{address = "ferry@practice.localhost", name = "ferry"}]
    [settings]
    theme = "dark"              # any preference, by its key
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from teahouse.i18n import _
from teahouse.practice import prosody
from teahouse.practice.certificates import make_certificates
from teahouse.practice.script import DOMAIN, GUESTS, LOBBY, MEMBERS, ROOMS, USER
from teahouse.process import end_with_parent
from teahouse.profile import toml_string, write_private

MISSING = 3
HOSTS = f"""
VirtualHost "{DOMAIN}"
    modules_enabled = {{ "register_ibr" }}
    disco_items = {{ {{ "{ROOMS}", "Rooms" }} }}
Component "{ROOMS}" "muc"
    name = "Practice rooms"
    modules_enabled = {{ "muc_mam" }}
    restrict_room_creation = false
    muc_room_locking = false
    muc_room_default_public = true
"""


def main() -> int:
    """Write, then exec; returns only when that is not possible."""
    folder = Path(sys.argv[1]).absolute()
    end_with_parent(os.getppid())
    program = prosody.binary()
    if program is None:
        print(_("The practice server needs Prosody, which is not installed: sudo apt-get install prosody"))
        return MISSING
    try:
        ports = prosody.free_ports(2)
        write_all(folder, (ports[0], ports[1]))
    except (OSError, subprocess.CalledProcessError) as error:
        print(_("The practice server could not be set up: %s") % error)
        return MISSING
    sys.stdout.flush()
    os.execv(program, [program, "--config", str(folder / "prosody.cfg.lua"), "-F"])


def write_all(folder: Path, ports: tuple[int, int]) -> None:
    """Certificates, configuration, people, rooms and what the clients must know."""
    data = folder / "data"
    for place in (data, folder / "modules"):
        place.mkdir(parents=True, exist_ok=True)
    certificates = make_certificates(folder, [DOMAIN, ROOMS])
    text = prosody.configuration(folder, ports, certificates, HOSTS, "warn")
    (folder / "prosody.cfg.lua").write_text(text, encoding="utf-8")
    passwords = {user: secrets.token_urlsafe(15) for user in (USER, *(guest.user for guest in GUESTS))}
    contacts = {f"{guest.user}@{DOMAIN}": guest.nick for guest in GUESTS[:3]}
    for user, password in passwords.items():
        prosody.write_account(data, DOMAIN, user, password)
    prosody.write_roster(data, DOMAIN, USER, contacts)
    for guest in GUESTS[:3]:
        prosody.write_roster(data, DOMAIN, guest.user, {f"{USER}@{DOMAIN}": USER})
    prosody.write_rooms(data, ROOMS, _rooms())
    write_private(folder / "guests.toml", "".join(f"{user} = {toml_string(pw)}\n" for user, pw in passwords.items()))
    write_private(folder / "provision.toml", provision(ports[1], passwords[USER], certificates.authority, contacts))
    write_private(folder / "ca", str(certificates.authority))
    write_private(folder / "port", str(ports[1]))


def _rooms() -> list[prosody.RoomSetup]:
    owner = {f"{GUESTS[0].user}@{DOMAIN}": "owner"}
    members = {f"{user}@{DOMAIN}": "member" for user in (USER, *(guest.user for guest in GUESTS[1:]))}
    lobby = prosody.RoomSetup(
        LOBBY.partition("@")[0], "Lobby", _("Where everybody starts. Nothing leaves this computer."),
        _("Tea, small talk and practice"), affiliations=owner,
    )
    secret = prosody.RoomSetup(
        MEMBERS.partition("@")[0], "Members", _("Only people on its list come in."), _("Between us"),
        members_only=True, public=False, whois="anyone", affiliations={**owner, **members},
    )
    return [lobby, secret]


def provision(port: int, password: str, authority: Path, contacts: dict[str, str]) -> str:
    """The text of provision.toml."""
    rooms = ", ".join(
        f'{{address = "{room}", title = "{title}", nick = "{USER}", password = "", exposed = {exposed}}}'
        for room, title, exposed in ((LOBBY, "Lobby", "false"), (MEMBERS, "Members", "true"))
    )
    people = ", ".join(f'{{address = "{jid}", name = {toml_string(name)}}}' for jid, name in contacts.items())
    return (
        f'[[account]]\naddress = "{USER}@{DOMAIN}"\npassword = {toml_string(password)}\nnick = "{USER}"\n'
        f'host = "127.0.0.1"\nport = {port}\ndirect_tls = true\nca_file = {toml_string(str(authority))}\n'
        f"register = false\nrooms = [{rooms}]\ncontacts = [{people}]\n\n[settings]\n"
    )


if __name__ == "__main__":
    sys.exit(main())
