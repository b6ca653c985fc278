"""What the log keeps to itself."""

import logging
from collections.abc import Iterator

import pytest

from teahouse.log import RING_LINES, LogRing, RedactingFormatter, redact, set_up

SECRETS = [
    "signed in as anna@example.org",
    "from anna@example.org/phone-ä1 to 溪边@例子.cn",
    "room@conference.example.org/anna: joined",
    "<message><body>anna was here</body></message>",
    "<body xml:lang='en'>anna\nwas here</body>",
    "<client:body>anna</client:body>",
    "password='anna'",
    "Login(password='anna anna', x=1)",
    '"password": "anna"',
    "passphrase = anna",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>anna</auth>",
    "<response xmlns='x'>anna</response>",
    "<password>anna</password>",
    "<body>anna cut off here",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_go(text: str) -> None:
    """None of these names anybody."""
    assert "anna" not in redact(text) and "溪边" not in redact(text)


def test_base64_goes_and_plain_words_stay() -> None:
    """Keys look random; paths and sentences do not."""
    assert "QWxhZGRpbjpvcGVuIHNlc2FtZQ" not in redact("key QWxhZGRpbjpvcGVuIHNlc2FtZQ12345678901234==")
    for plain in ("stream opened in 0.31 s", 'File "app/teahouse/engine/engine.py", line 12, in connect'):
        assert redact(plain) == plain


def test_tracebacks_are_redacted() -> None:
    """Exceptions quote what they choked on."""
    try:
        raise ValueError("anna@example.org said <body>x</body>")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": __import__("sys").exc_info()})
    text = RedactingFormatter().format(record)
    assert "anna" not in text and "[address]" in text


def test_the_ring_forgets() -> None:
    """2,000 lines, oldest first."""
    ring = LogRing()
    for number in range(RING_LINES + 5):
        ring.handle(logging.makeLogRecord({"msg": f"line {number}"}))
    assert len(ring.lines()) == RING_LINES and ring.lines()[0].endswith("line 5")


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("slixmpp", "asyncio")}
    yield root
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def test_configuring_caps_slixmpp(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    """Stanzas are logged at DEBUG by slixmpp: never here."""
    ring = set_up("debug")
    logging.getLogger("slixmpp.xmlstream").debug("RECV: <message/>")
    logging.getLogger("teahouse.x").info("hello anna@example.org")
    assert [line.partition("teahouse.x: ")[2] for line in ring.lines()] == ["hello [address]"]
    assert "hello [address]" in capsys.readouterr().err
    assert root_logger.handlers[0] is ring
