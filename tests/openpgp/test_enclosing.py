"""What leaves in the clear: nothing but ids, hints and a word for those whose program knows nothing of OpenPGP."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.crypto.signcrypt import NAMESPACE, Kind, build, read
from teahouse.engine.envelope import CIPHER_TEXT, cipher_of, foreign_scheme
from teahouse.engine.xml import CLIENT, EME, HINTS, MARKERS, RECEIPTS, SID, el
from teahouse.features.openpgp.enclosing import FALLBACK, enclosed, opened, payload

CANARY = "canary-7c1e"
ROSE = "rose@example.org"
names = st.text("abcdefghij", min_size=1, max_size=8)
spaces = st.sampled_from([CLIENT, RECEIPTS, MARKERS, "urn:xmpp:reactions:0", "urn:xmpp:reply:0", "urn:example:later"])


@st.composite
def elements(draw: st.DrawFn) -> ET.Element:
    """Whatever a feature of today or of later may put into a message."""
    made = el(f"{{{draw(spaces)}}}{draw(names)}", {draw(names): CANARY}, text=CANARY)
    for _ in range(draw(st.integers(0, 2))):
        made.append(el(f"{{{draw(spaces)}}}{draw(names)}", text=CANARY))
    return made


def message(*children: ET.Element) -> ET.Element:
    """One to rose, with its id."""
    return el("message", {"to": ROSE, "type": "chat", "id": "one"}, *children)


@given(st.lists(elements(), max_size=6))
def test_nothing_of_a_message_is_outside(children: list[ET.Element]) -> None:
    children = [child for child in children if child.tag != f"{{{CLIENT}}}thread"]
    whole = message(*children, el(f"{{{SID}}}origin-id", {"id": "one"}), el(f"{{{HINTS}}}no-copy"))
    whole.set("subject", CANARY)
    sent = ET.tostring(enclosed(whole, b"cipher"), encoding="unicode")
    assert CANARY not in sent
    assert "origin-id" in sent and "no-copy" in sent
    inside = read(build(Kind.SIGNCRYPT, [ROSE], payload(whole), 0)).payload
    assert [ET.tostring(child) for child in inside] == [ET.tostring(child) for child in children]


@pytest.mark.parametrize(
    "child",
    [
        el("body", text=CANARY),
        el("{urn:xmpp:message-correct:0}replace", {"id": CANARY}),
        el("{urn:xmpp:reactions:0}reactions", {"id": CANARY}, el("{urn:xmpp:reactions:0}reaction", text=CANARY)),
        el("{urn:xmpp:reply:0}reply", {"to": CANARY, "id": CANARY}),
        el(f"{{{RECEIPTS}}}received", {"id": CANARY}),
        el(f"{{{MARKERS}}}displayed", {"id": CANARY}),
        el("{http://jabber.org/protocol/chatstates}composing", text=CANARY),
        el("{urn:xmpp:message-retract:1}retract", {"id": CANARY}),
        el("{jabber:x:oob}x", None, el("{jabber:x:oob}url", text=CANARY)),
        el("subject", text=CANARY),
    ],
    ids=lambda child: str(child.tag).rpartition("}")[2],
)
def test_features_are_inside(child: ET.Element) -> None:
    assert CANARY not in ET.tostring(enclosed(message(child), b"cipher"), encoding="unicode")
    assert payload(message(child)) == (child,)


def test_only_what_has_a_text_has_a_fallback() -> None:
    body = enclosed(message(el("body", text="hello")), b"cipher")
    assert body.findtext(f"{{{CLIENT}}}body") == FALLBACK and body.find(f"{{{HINTS}}}store") is not None
    state = enclosed(message(el("{http://jabber.org/protocol/chatstates}composing"), el(f"{{{HINTS}}}no-store")), b"c")
    assert state.find(f"{{{CLIENT}}}body") is None and state.find(f"{{{HINTS}}}store") is None
    for made in (body, state):
        hint = made.find(f"{{{EME}}}encryption")
        assert hint is not None and hint.get("namespace") == NAMESPACE == "urn:xmpp:openpgp:0"


def test_what_was_enclosed_comes_out() -> None:
    whole = message(el("body", text="hello"), el(f"{{{SID}}}origin-id", {"id": "one"}))
    sent = enclosed(whole, b"\x00cipher\xff")
    assert cipher_of(sent) == b"\x00cipher\xff" and cipher_of(whole) is None
    sent.append(el(f"{{{SID}}}stanza-id", {"by": ROSE, "id": "s1"}))
    sent.append(el("{urn:example:later}outside", text="forged"))
    back = opened(sent, (el("body", text="hello"), el(f"{{{SID}}}stanza-id", {"by": ROSE, "id": "forged"})))
    assert back.findtext(f"{{{CLIENT}}}body") == "hello" and b"forged" not in ET.tostring(back)
    assert back.get("id") == "one" and back.find(f"{{{SID}}}stanza-id") is not None


@pytest.mark.parametrize("text", ["%%%", "A", "QUJD" * (CIPHER_TEXT // 4 + 1)], ids=["other", "cut", "endless"])
def test_what_is_no_cipher_is_empty(text: str) -> None:
    assert cipher_of(message(el(f"{{{NAMESPACE}}}openpgp", text=text))) == b""
    two = (el(f"{{{NAMESPACE}}}openpgp", text="QUJD") for _ in range(2))
    assert cipher_of(message(*two)) == b""


def test_a_scheme_that_is_not_ours_is_named() -> None:
    def hinted(namespace: str, name: str = "") -> str:
        return foreign_scheme(message(el(f"{{{EME}}}encryption", {"namespace": namespace, "name": name})))

    assert hinted("eu.siacs.conversations.axolotl") == "OMEMO"
    assert hinted("urn:example:new", "New  and\nbetter") == "New and better"
    assert hinted("urn:example:new") == "urn:example:new"
    assert len(hinted("urn:example:new", "x" * 5_000)) == 40
    assert hinted(NAMESPACE) == hinted("") == foreign_scheme(message()) == ""
