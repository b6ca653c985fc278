"""What the log must never hold, looked for in the log of a whole visit at DEBUG on a real server."""

import os
import subprocess
import sys
from pathlib import Path

from tests.engine.test_rooms_and_people import MakePeer
from tests.rig.prosody import HOST, ROOMS, Prosody


def test_no_canary_is_in_the_log(server: Prosody, peer: MakePeer, tmp_path: Path) -> None:
    login = server.add_user("canaryuser", "canary password ü")
    room, friend = f"canaryroom@{ROOMS}", peer("canaryfriend")
    friend.join(room, "canaryplum")
    said = "canarybody 茶 flies at midnight"
    words = [str(server.starttls_port), str(server.ca), login.jid, login.password, "canarywrong", room]
    words += ["canarynick", said, friend.login.jid]
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONASYNCIODEBUG": "1"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.security.logged_run", str(tmp_path / "profile"), *words],
        env=os.environ | path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    friend.wait_for(lambda line: line.kind == "chat" and line.body == said, 40)
    friend.message(login.jid, "canaryanswer")
    ring, terminal = child.communicate(timeout=40)
    assert child.returncode == 0, terminal
    for text in (ring, terminal):
        assert len(text.splitlines()) > 5 and "refused" in text and "[address]" in text
        left = [line for line in text.splitlines() if "canary" in line or "茶" in line or HOST in line]
        assert not left
