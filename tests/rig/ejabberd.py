"""A real ejabberd on free loopback ports with its own authority: the other engine, so that nothing is tuned to one.

Erlang runs without a node name, so there is neither distribution nor a port mapper. Accounts are made by its HTTP API,
which answers loopback only.
"""

import http.client
import json
from pathlib import Path

from teahouse.practice import prosody
from tests.rig.chat_server import HOST, ROOMS, ChatServer, Login
from tests.rig.tor_node import binary

CONFIGURATION = """\
hosts: ["{host}"]
loglevel: info
certfiles: ["{certificate}"]
auth_password_format: scram
registration_timeout: infinity
listen:
  - {{port: {starttls}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: true, shaper: none}}
  - {{port: {tls}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true, shaper: none}}
  - {{port: {api}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{/api: mod_http_api}}}}
api_permissions:
  rig: {{who: {{ip: 127.0.0.1/8}}, what: "*"}}
modules:
  mod_disco: {{}}
  mod_roster: {{versioning: true}}
  mod_ping: {{}}
  mod_caps: {{}}
  mod_offline: {{}}
  mod_private: {{}}
  mod_carboncopy: {{}}
  mod_stream_mgmt: {{resume_timeout: 60, resend_on_timeout: true}}
  mod_mam: {{default: always}}
  mod_register: {{ip_access: all}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_muc: {{host: "{rooms}", default_room_options: {{mam: true, allow_subscription: false}}}}
"""
_LIBRARIES = "/usr/lib/*-linux-gnu/ejabberd-*/ebin/ejabberd.app"


class Ejabberd(ChatServer):
    """`xmpp.test` with open registration, and `rooms.xmpp.test`."""

    _api = 0

    def set_up(self) -> None:
        """Write the configuration."""
        chain, key = self.certificates.chain.read_bytes(), self.certificates.key.read_bytes()
        certificate = self.folder / "ejabberd.pem"
        certificate.write_bytes(chain + key)
        self._api = prosody.free_ports(1)[0]
        words = {"host": HOST, "rooms": ROOMS, "certificate": certificate, "api": self._api}
        text = CONFIGURATION.format(**words, starttls=self.starttls_port, tls=self.tls_port)
        (self.folder / "ejabberd.yml").write_text(text)

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Erlang, with ejabberd in it."""
        found = sorted(Path("/").glob(_LIBRARIES.removeprefix("/")))
        assert found, "ejabberd is not installed; tests/run installs it where it may"
        environment = {
            "HOME": str(self.folder),
            "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"),
            "EJABBERD_LOG_PATH": str(self.folder / "log"),
            "ERL_CRASH_DUMP": "/dev/null",
            "ERL_LIBS": str(found[-1].parents[2]),
        }
        return [binary("erl"), "-noinput", "-mnesia", "dir", f'"{self.folder / "data"}"', "-s", "ejabberd"], environment

    def add_user(self, user: str, password: str = "secret", host: str = HOST) -> Login:
        """An account under exactly this name."""
        line = http.client.HTTPConnection("127.0.0.1", self._api, timeout=10)
        try:
            line.request("POST", "/api/register", json.dumps({"user": user, "host": host, "password": password}))
            answer = line.getresponse()
            assert answer.status == 200, answer.read()
        finally:
            line.close()
        return Login(user, password, host)
