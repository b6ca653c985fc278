"""The old way (XEP-0027) in the window: what it hides and what it does not, and the key that is compared before it."""

from functools import partial

from PySide6.QtWidgets import QCheckBox, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.openpgp import Key
from teahouse.domain.problem import Problem
from teahouse.domain.text import isolated, label
from teahouse.features.openpgp.model import Mode, Security
from teahouse.features.openpgp.view.parts import digits
from teahouse.features.openpgp.wishes import ChooseLegacy, LookAtKey
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.files import ask_open, read_bounded
from teahouse.ui.problems import sentence
from teahouse.ui.shield import Act, Bar, Words
from teahouse.ui.widgets import button, plain, row

KEY_BYTES = 1 << 17
"""Of a file with a key at most."""


def words(security: Security) -> Words:
    """Who can read a chat that is encrypted like this: never as if all were well, for nobody signs."""
    whole = _("OpenPGP, the old way: servers cannot read this, but nobody signs it")
    told = _("Encrypted on this computer for the two of you. Somebody else could write to you in their name.")
    if security.problem is not None or not security.able:
        whole = _("OpenPGP: nothing is sent now")
    return Words("lock", "amber", _("OpenPGP, old"), whole, told)


def fact() -> tuple[str, str, str]:
    """The same as a line of the details."""
    return ("lock", "amber", _("What you write is encrypted with OpenPGP the old way. Nobody signs it."))


def bar(bridge: Bridge, chat: Chat, security: Security) -> Bar | None:
    """Why nothing goes; or, as long as nothing was decided, that it could be encrypted like this."""
    if security.mode is Mode.LEGACY:
        if security.problem is not None or security.able:
            return None
        advice = _("Their key has expired or was withdrawn. What you write waits until you choose another.")
        return Bar("alert", "amber", _("Nothing is sent here now."), advice, (act(bridge, chat),))
    key = security.legacy
    if security.mode is not Mode.UNDECIDED or security.able or key is None or not key.signs:
        return None
    title = _("{name} can read messages encrypted the old way").format(name=isolated(label(chat.title, 60)))
    advice = _("Their program shows it with the key that you compared.")
    return Bar("lock", "amber", title, advice, (act(bridge, chat, key.fingerprint),))


def act(bridge: Bridge, chat: Chat, fingerprint: str = "") -> Act:
    """Ask whether to begin with it: with a key that was compared before, or with one from a file."""
    return Act(_("Encrypt the old way…"), lambda parent: LegacySheet(parent, bridge, chat, fingerprint).open())


class LegacySheet(Sheet):
    """Says what it is worth, shows the key with all digits, and begins when these were compared."""

    def __init__(self, parent: QWidget, bridge: Bridge, chat: Chat, fingerprint: str = "") -> None:
        explanation = _(
            "Only for people whose program knows nothing newer (XEP-0027). Servers cannot read what you write then. But"
            " nothing is signed: somebody else could write to you in their name, and you would not notice."
        )
        super().__init__(parent, _("Encrypt the old way?"), explanation, 520)
        self._bridge, self._chat, self._fingerprint, self._data = bridge, chat, fingerprint, b""
        self._named, self._digits = plain("", 13, "ink2", wrap=True), digits("")
        self.compared = QCheckBox(_("I compared all digits with them, in person or by a call"))
        self.compared.toggled.connect(self._ready)
        self.body.addLayout(row(button(_("Choose their key…"), self._ask), 0))
        for part in (self._named, self._digits, self.compared):
            self.body.addWidget(part)
        self.finish(_("Encrypt"), self._do)
        self._show(_("You compared this key before."), fingerprint)
        self.compared.setChecked(bool(fingerprint))

    def _show(self, named: str, fingerprint: str) -> None:
        shown = digits(fingerprint)
        self._named.setText(named)
        self._digits.setText(shown.text())
        self._digits.setAccessibleName(shown.accessibleName())
        self._fingerprint = fingerprint
        self.compared.setChecked(False)
        for part in (self._named, self._digits, self.compared):
            part.setVisible(bool(fingerprint))
        self._ready()

    def _ready(self) -> None:
        self.act.setEnabled(bool(self._fingerprint) and self.compared.isChecked())

    def _ask(self) -> None:
        ask_open(self, _("Their public key, in a file"), self.read)

    def read(self, path: str) -> None:
        """Look at the key in a file."""
        self.complain("")
        try:
            data = read_bounded(path, KEY_BYTES)
        except OSError as error:
            self.complain(_("The file could not be read: %s") % (error.strerror or ""))
            return
        self._bridge.do(LookAtKey(self._chat.account, data), partial(self._seen, data), self._refused)

    def _seen(self, data: bytes, key: Key) -> None:
        self._data = data
        names = ", ".join(isolated(label(one, 80)) for one in key.user_ids[:3])
        self._show(_("This key says that it belongs to: {names}").format(names=names), key.fingerprint)

    def _do(self) -> None:
        self.act.setEnabled(False)
        command = ChooseLegacy(self._chat.id, self._fingerprint, self._data)
        self._bridge.do(command, self._done, self._refused)

    def _done(self, _security: object) -> None:
        self.accept()

    def _refused(self, problem: Problem) -> None:
        self._ready()
        self.complain(sentence(problem))
