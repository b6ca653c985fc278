"""Prosody's configuration and data files, written without asking it: accounts, rosters and rooms are Lua tables."""

import os
import shutil
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from teahouse.practice.certificates import Certificates

MODULES = [
    "roster", "saslauth", "tls", "disco", "ping", "posix", "carbons", "pep", "blocklist", "vcard4", "vcard_legacy",
    "bookmarks", "smacks", "csi_simple", "mam", "time", "uptime", "version",
]


@dataclass(frozen=True, slots=True)
class RoomSetup:
    """A room that is there from the start; `affiliations` maps bare addresses to `owner`, `admin`, `member` ..."""

    name: str
    title: str = ""
    description: str = ""
    subject: str = ""
    password: str = ""
    members_only: bool = False
    moderated: bool = False
    public: bool = True
    whois: str = "moderators"
    history: int = 20
    affiliations: Mapping[str, str] = field(default_factory=dict)


def binary() -> str | None:
    """Where the prosody program is, None when it is not installed. $TEAHOUSE_PROSODY names another one."""
    if chosen := os.environ.get("TEAHOUSE_PROSODY"):
        return shutil.which(chosen)
    return shutil.which("prosody") or shutil.which("prosody", path="/usr/bin:/usr/local/bin:/usr/sbin")


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nobody listens on at this moment, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def lua(value: object) -> str:
    """A Python value as a Lua expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        return f'"{escaped}"'
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + "".join(f"[{lua(key)}] = {lua(item)}; " for key, item in value.items()) + "}"
    if isinstance(value, Iterable):
        return "{ " + "".join(f"{lua(item)}; " for item in value) + "}"
    raise TypeError(f"no Lua for {type(value).__name__}")


def _encoded(name: str) -> str:
    return "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"%{b:02x}" for b in name.encode())


def write_store(data: Path, host: str, store: str, user: str, table: object) -> None:
    """One file of Prosody's internal storage; an empty `user` means the host's own."""
    place = data / _encoded(host) / (store if user else "")
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{_encoded(user) if user else store}.dat"
    fresh = file.with_suffix(".new")
    fresh.write_text(f"return {lua(table)};\n", encoding="utf-8")
    fresh.replace(file)


def write_account(data: Path, host: str, user: str, password: str) -> None:
    """An account; a running Prosody knows it at once."""
    write_store(data, host, "accounts", user, {"password": password})


def write_roster(data: Path, host: str, user: str, contacts: Mapping[str, str]) -> None:
    """Contacts (bare address to name) that see each other."""
    table: dict[object, object] = {False: {"version": 1, "pending": {}}}
    for address, name in contacts.items():
        table[address] = {"subscription": "both", "name": name, "groups": {}}
    write_store(data, host, "roster", user, table)


def write_rooms(data: Path, service: str, rooms: Iterable[RoomSetup]) -> None:
    """Persistent rooms; a running Prosody lists those that it has not been asked about yet."""
    known = {}
    for room in rooms:
        address = f"{room.name}@{service}"
        known[address] = True
        settings: dict[str, object] = {
            "name": room.title or room.name,
            "persistent": True,
            "hidden": not room.public,
            "whois": room.whois,
            "history_length": room.history,
            "members_only": room.members_only,
            "moderated": room.moderated,
        }
        for key, text in (("description", room.description), ("subject", room.subject), ("password", room.password)):
            if text:
                settings[key] = text
        table = {"_jid": address, "_data": settings, "_affiliation_data": {}, **room.affiliations}
        write_store(data, service, "config", room.name, table)
    write_store(data, service, "persistent", "", known)


def configuration(folder: Path, ports: tuple[int, int], certificates: Certificates, hosts: str, log: str) -> str:
    """The whole configuration file; `hosts` is Lua text with the VirtualHosts and Components."""
    tls = {"certificate": str(certificates.chain), "key": str(certificates.key)}
    settings: dict[str, object] = {
        "run_as_root": True,
        "daemonize": False,
        "pidfile": str(folder / "prosody.pid"),
        "data_path": str(folder / "data"),
        "admin_socket": str(folder / "admin.sock"),
        "certificates": str(folder),
        "plugin_paths": [str(folder / "modules")],
        "interfaces": ["127.0.0.1"],
        "c2s_ports": [ports[0]],
        "c2s_direct_tls_ports": [ports[1]],
        "c2s_direct_tls_ssl": tls,
        "ssl": tls,
        "c2s_require_encryption": True,
        "authentication": "internal_plain",
        "storage": "internal",
        "allow_registration": True,
        "modules_enabled": MODULES,
        "modules_disabled": ["s2s", "s2s_auth_certs"],
        "archive_expires_after": "never",
    }
    for kind in ("s2s", "http", "https", "component"):
        settings[f"{kind}_ports"] = []
    lines = [f"{key} = {lua(value)}" for key, value in settings.items()]
    lines.append(f'log = {{ {{ levels = {{ min = "{log}" }}; to = "file"; filename = {lua(str(folder / "log"))} }} }}')
    return "\n".join(lines) + "\n" + hosts
