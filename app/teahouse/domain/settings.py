"""Settings, each declared once: what it is called, what it may be, and where it is kept."""

from dataclasses import dataclass


def marked(text: str) -> str:
    """A text that is translated where it is shown; Babel extracts it here."""
    return text


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `allowed` are (value, words); all texts are English and marked for translation."""

    key: str
    default: str
    label: str
    help: str
    allowed: tuple[tuple[str, str], ...]
    early: bool = False
    """Kept in profile.toml, which is readable before the vault is open."""

    def sound(self, value: str) -> str:
        """The value if it is allowed, else the default."""
        return value if value in (known for known, _words in self.allowed) else self.default


THEME = Setting(
    "theme",
    "system",
    marked("Theme"),
    marked("Follow the system changes with it at once."),
    (("system", marked("Follow the system")), ("light", marked("Light")), ("dark", marked("Dark"))),
    early=True,
)
DENSITY = Setting(
    "density",
    "roomy",
    marked("Density"),
    marked("Compact shows more chats and people, each on one line."),
    (("roomy", marked("Roomy")), ("compact", marked("Compact"))),
)
SCALE = Setting(
    "font_scale",
    "100",
    marked("Text size"),
    marked("All texts of the program."),
    (("90", "90 %"), ("100", "100 %"), ("115", "115 %"), ("130", "130 %"), ("150", "150 %")),
)
LANGUAGE = Setting(
    "language",
    "",
    marked("Language"),
    marked("Used from the next start."),
    (("", marked("Follow the system")), ("en", "English"), ("zh_CN", "简体中文")),
    early=True,
)
BOOKMARKS = Setting(
    "bookmarks",
    "auto",
    marked("Your rooms on the server"),
    marked("All your devices then enter the same rooms. The server can read the list, with nicks and room passwords."),
    (
        ("auto", marked("Only without Tor and proxy")),
        ("server", marked("Always")),
        ("local", marked("Never: on this computer only")),
    ),
)
UNTIL_QUIT = -1
"""Days of a chat that keeps nothing: its messages go whenever the program ends."""
KEEP = Setting(
    "history.keep",
    "0",
    marked("History of new chats"),
    marked("How long messages stay on this computer. Each chat can have its own time."),
    (
        ("0", marked("Keep for ever")),
        ("1", marked("1 day")),
        ("7", marked("7 days")),
        ("30", marked("30 days")),
        ("90", marked("90 days")),
        ("365", marked("1 year")),
        ("-1", marked("Until you quit")),
    ),
)
_CHOICE = (
    ("auto", marked("Only without Tor and proxy")),
    ("always", marked("Always")),
    ("never", marked("Never")),
)
RECEIPTS = Setting(
    "receipts",
    "auto",
    marked("Say that messages arrived"),
    marked("Contacts, and people you wrote to, learn when their messages reach you. You learn it of yours."),
    _CHOICE,
)
MARKERS = Setting(
    "markers",
    "auto",
    marked("Say what you have read"),
    marked("The same people learn when you have seen what they wrote. Rooms never do."),
    _CHOICE,
)
SEEN = Setting(
    "seen",
    "auto",
    marked("Read once, read everywhere"),
    marked("Your server tells your other devices how far you have read, and learns it itself."),
    (("auto", marked("Only without Tor and proxy")), ("never", marked("Never"))),
)
OF_ACCOUNT = (RECEIPTS, MARKERS, SEEN)
"""What is chosen for each account, and shown in its sheet in that order."""


def kept_as(setting: Setting, account: int) -> str:
    """The key under which the choice for an account is kept."""
    return f"{setting.key}/{account}"


TOR_SOURCE = "tor.source"
"""The preference that says whose tor is used (a TorSource); chosen in a sheet of its own."""
APPEARANCE = (THEME, DENSITY, SCALE, LANGUAGE)
SETTINGS = (*APPEARANCE, KEEP, BOOKMARKS)
"""All that the preferences show, in that order."""
