"""The rig itself, with a real Prosody."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.practice import prosody
from teahouse.practice.processes import Practice
from teahouse.practice.prosody import RoomSetup
from teahouse.practice.script import DOMAIN, LOBBY, MEMBERS, USER
from tests.conftest import AccountMaker
from tests.rig.peer import NotAdmitted, Peer
from tests.rig.prosody import ROOMS, Login, Prosody
from tests.rig.wait import until

MakePeer = Callable[..., Peer]


def test_two_peers_talk_in_a_room_and_alone(server: Prosody, peer: MakePeer) -> None:
    """Room and 1:1 messages arrive once."""
    one, two = peer("one"), peer("two")
    room = server.fresh_room()
    one.join(room, "one")
    two.join(room, "two")
    one.say(room, "你好")
    assert two.wait_for("你好").nick == "one"
    one.message(two.login.jid, "alone")
    assert two.wait_for("alone").kind == "chat"
    assert two.bodies().count("你好") == 1


def test_a_peer_knows_whether_a_room_takes_what_it_says(server: Prosody, peer: MakePeer) -> None:
    """Inside, what it says comes back to it; outside it is refused."""
    one, room = peer("one"), server.fresh_room()
    assert not one.inside(room)
    one.join(room, "one")
    one.say(room, "inside")
    assert one.wait_for("inside").nick == "one"
    assert one.inside(room) and not one.refused(room)
    peer("two").join(room, "two")
    one.leave(room, "one")
    until(lambda: not one.inside(room))
    one.say(room, "outside")
    until(lambda: one.refused(room) == ["not-acceptable"])


def test_a_prepared_room_keeps_its_rules(server: Prosody, peer: MakePeer, account: AccountMaker) -> None:
    """Members only, from a data file."""
    member = account("member")
    room = server.add_room(RoomSetup("club", members_only=True, affiliations={member.jid: "member"}))
    peer(member).join(room, "in")
    with pytest.raises(NotAdmitted, match="registration-required"):
        peer("stranger").join(room, "out")


def test_a_crowd_is_shown_and_floods(peer: MakePeer) -> None:
    """A thousand occupants who are not there, and lines from them."""
    one = peer()
    one.join(f"crowd-1000@{ROOMS}", "me")
    until(lambda: sum("/fake-" in sender for sender, _ in list(one.presences)) == 1000)
    one.say(f"crowd-1000@{ROOMS}", "!flood 200")
    assert one.wait_for("flood line 200 of 200").nick == "fake-200"


def test_friends_see_each_other(server: Prosody, peer: MakePeer, account: AccountMaker) -> None:
    """Rosters from data files work."""
    one, two = account("one"), account("two")
    server.befriend(one, two)
    first = peer(one)
    peer(two)
    until(lambda: any(sender.startswith(two.jid) for sender, _ in list(first.presences)))


def test_a_server_comes_back(own_server: Prosody) -> None:
    """Killed, restarted, and the accounts are still there."""
    login = own_server.fresh()
    own_server.kill()
    own_server.restart()
    own_server.freeze()
    own_server.thaw()
    Peer(own_server, login).stop()


def test_the_practice_server_has_people_in_it(tmp_path: Path, peer: MakePeer) -> None:
    """The lobby has a conversation, greets, answers when addressed and alone; the members' room lets the user in."""
    del peer
    practice = Practice(tmp_path)
    try:
        news = until(practice.news, 15)
        assert news == f"practice-ready {tmp_path / 'provision.toml'}"
        _talk(tmp_path)
    finally:
        practice.stop()


def _talk(folder: Path) -> None:
    import tomllib

    from teahouse.practice.certificates import Certificates

    found = tomllib.loads((folder / "provision.toml").read_text())["account"][0]
    server = Prosody(folder)
    server.tls_port = found["port"]
    server.certificates = Certificates(Path(found["ca_file"]), folder, folder)
    with Peer(server, Login(USER, found["password"], DOMAIN)) as me:
        me.join(LOBBY, USER, history=20)
        me.wait_for("早上好!我带了龙井 🍵", 5)
        me.wait_for(lambda line: line.body.startswith(f"{USER}: welcome"), 5)
        me.say(LOBBY, "溪边: do you have tea?")
        me.wait_for(lambda line: line.nick == "溪边" and line.body.startswith(f"{USER}: Green"), 5)
        me.message(f"ferry@{DOMAIN}", "你好")
        me.wait_for(lambda line: line.sender.startswith(f"ferry@{DOMAIN}"), 5)
        me.join(MEMBERS, USER, history=20)
        me.wait_for("这里只有名单上的人能进来。", 5)


def test_a_port_that_somebody_else_took_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the choice of a port and the start of a server another one may come up there."""
    taken = socket.create_server(("127.0.0.1", 0))
    free, asked = prosody.free_ports, list[int]()

    def ports(count: int) -> list[int]:
        asked.append(count)
        return [taken.getsockname()[1], *free(1)] if len(asked) == 1 else free(count)

    monkeypatch.setattr(prosody, "free_ports", ports)
    server = Prosody(tmp_path / "server").start()
    try:
        assert len(asked) == 2 and server.starttls_port != taken.getsockname()[1]
    finally:
        server.stop()
        taken.close()
