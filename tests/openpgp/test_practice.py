"""The guests of the practice server have keys: a newcomer tries encryption without asking anybody real."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.events import LinkChanged
from teahouse.features.openpgp.model import Mode
from teahouse.features.openpgp.wanted import openpgp
from teahouse.features.openpgp.wishes import AskSecurity, SetMode
from teahouse.practice.processes import Practice
from teahouse.practice.script import DOMAIN, GUESTS, MEMBERS, USER
from tests.openpgp.talker import note
from tests.rig.engine import RunningEngine
from tests.rig.wait import until


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Path]:
    """The folder of the server, which is up, with the guests on their way."""
    folder = tmp_path / "practice"
    folder.mkdir()
    started = Practice(folder)
    try:
        assert until(started.news, 15).startswith("practice-ready")
        yield folder
    finally:
        started.stop()
    home = (folder / "gnupg").resolve()
    assert home.exists() and not [link for link in Path("/tmp").glob("tp-*/g*") if link.resolve() == home]


def test_guests_answer_encrypted_in_the_members_room_and_alone(
    engine: Callable[..., RunningEngine], practice: Path
) -> None:
    house = engine("jasmine", feature=openpgp)
    house.do(c.Provision(str(practice / "provision.toml")))
    account = house.wait(LinkChanged, lambda event: event.link is Link.ONLINE).account
    members = house.do(c.JoinRoom(account, MEMBERS, USER, exposed=True)).id
    house.do(SetMode(members, Mode.ON))
    until(lambda: house.do(AskSecurity(members, fresh=True)).able == len(GUESTS), 20, "the keys of all guests")

    def reads(chat: int, words: str) -> str:
        found = until(lambda: [m for m in house.history(chat) if not m.mine and words in m.body], 20, words)
        return note(found[0])

    house.do(c.SendMessage(members, "plum_kettle: have you tea?"))
    assert reads(members, "Green at 80") == "trusted"
    alone = house.do(c.OpenPerson(account, f"river@{DOMAIN}")).id
    house.do(SetMode(alone, Mode.ON))
    house.do(c.SendMessage(alone, "thank you"))
    assert reads(alone, "You are welcome") == "trusted"
