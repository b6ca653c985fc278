"""What is written encrypted is nowhere in the clear: not at a server that tells all it sees, nor in any file."""

import base64
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.engine.xml import el
from teahouse.features.openpgp import memory
from tests.openpgp.talker import Talker, note
from tests.openpgp.test_talking import group
from tests.rig.engine import RunningEngine
from tests.rig.prosody import Prosody
from tests.rig.wait import until

CANARY, CONTROL = "canary-4b1d-oolong", "control-77e0-matcha"
WORDS = {
    "correction": ("<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>", f"{CANARY} corrected"),
    "reply": (
        "<reply xmlns='urn:xmpp:reply:0' id='{id}' to='{to}'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='20'/></fallback>",
        f"> {CANARY}\n{CANARY} replied",
    ),
    "reaction": (f"<reactions xmlns='urn:xmpp:reactions:0' id='{{id}}'><reaction>{CANARY}</reaction></reactions>", ""),
    "receipt": (f"<received xmlns='urn:xmpp:receipts' id='{CANARY}'/>", ""),
    "chat state": (f"<composing xmlns='http://jabber.org/protocol/chatstates'/><subject>{CANARY}</subject>", ""),
}


class Talkative(Prosody):
    """Writes down every stanza, whole."""

    def set_up(self) -> None:
        """With its own module for that."""
        super().set_up()
        place = self.folder / "prosody.cfg.lua"
        text = place.read_text().replace('min = "info"', 'min = "debug"')
        place.write_text(text.replace('{ "register_ibr",', '{ "register_ibr", "stanza_debug",'))


@pytest.fixture
def talkative(tmp_path: Path) -> Iterator[Talkative]:
    """Such a server."""
    started = Talkative(tmp_path / "talkative")
    started.start()
    yield started
    started.stop()


def forms(word: str) -> list[bytes]:
    """How a word might lie in a file."""
    plain = word.encode()
    coded = [base64.b64encode(b" " * shift + plain)[4:-4] for shift in range(3)]
    return [plain, word.encode("utf-16-le"), plain.hex().encode(), *coded]


def holding(word: str, *folders: Path) -> list[Path]:
    """Files in which it is."""
    found = []
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and any(form in file.read_bytes() for form in forms(word)):
                found.append(file)
    return found


def word(of: str, to: str) -> ET.Element:
    """What the window cannot say yet, as another part of the program would hand it on."""
    inside, text = WORDS[of]
    made = el("message", {"to": to, "type": "chat", "id": of.replace(" ", "-")})
    if text:
        made.append(el("body", text=text))
    made.extend(ET.fromstring(f"<x xmlns='jabber:client'>{inside.format(id='one', to=to)}</x>"))
    return made


def test_what_is_encrypted_is_nowhere_in_the_clear(
    engine: Callable[..., RunningEngine], talkative: Talkative, tmp_path: Path
) -> None:
    willow, rose = Talker(engine, talkative, "willow"), Talker(engine, talkative, "rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    willow.says(to_rose, CONTROL)
    rose.reads(with_willow, CONTROL)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    willow.says(to_rose, CANARY)
    assert note(rose.reads(with_willow, CANARY)) == "trusted"
    room, (in_room,) = group(willow, rose)
    willow.says(room, f"{CANARY} for all")
    assert note(rose.reads(in_room, f"{CANARY} for all")) == "trusted"
    before = talkative.log().count("<openpgp ")
    for one in WORDS:
        willow.put(word(one, rose.jid))
    # What carries a text is read, what does not came encrypted all the same.
    for text in (text for _, text in WORDS.values() if text):
        assert note(rose.reads(with_willow, text)) == "trusted"
    until(lambda: talkative.log().count("<openpgp ") >= before + 2 * len(WORDS), what="all of it at the server")
    shared = memory.place()
    assert holding(CANARY, tmp_path / "willow", tmp_path / "rose", *shared.glob("teahouse-gpg-*")) == []
    willow.house.stop()
    rose.house.stop()
    talkative.stop()
    assert holding(CONTROL, talkative.folder), "the server tells nothing"
    assert holding(CANARY, tmp_path, *shared.glob("teahouse-gpg-*")) == []

