"""A new identity: choose a server, take a name, answer what the server asks, keep the recovery sheet."""

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QLocale, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageReader, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from teahouse.domain.account import Account, Server
from teahouse.domain.commands import CancelRegistration, OpenRegistration, SubmitRegistration
from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.files import ask_save, write_private
from teahouse.ui.onboarding import suggestions
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.server_fields import ServerFields
from teahouse.ui.onboarding.signin import more_button
from teahouse.ui.onboarding.way import Way
from teahouse.ui.widgets import button, plain, row, tidy

_HIDDEN, _FIXED, _PRIVATE = "hidden", "fixed", "text-private"
_LARGEST_SIDE = 2_000
_PICTURES = {b"\x89PNG\r\n\x1a\n": b"png", b"\xff\xd8\xff": b"jpeg", b"GIF8": b"gif", b"RIFF": b"webp"}


class IdentityPage(QWidget):
    """Holds the three steps; each is shown in its turn."""

    def __init__(self, bridge: Bridge, back: Callable[[], None], done: Callable[[], None], way: Way) -> None:
        super().__init__()
        self._bridge, self._back, self._done = bridge, back, done
        self._steps = QStackedWidget()
        layout = QVBoxLayout(self)
        tidy(layout)
        layout.addWidget(self._steps)
        self._server = _ServerStep(bridge, back, self._asked, way)
        self._steps.addWidget(self._server)
        self.setFocusProxy(self._server)

    def _asked(self, form: RegistrationForm) -> None:
        def again() -> None:
            self._bridge.do(CancelRegistration(form.ticket))
            self._steps.setCurrentWidget(self._server)

        step = _FormStep(self._bridge, form, again, self._made)
        self._steps.addWidget(step)
        self._steps.setCurrentWidget(step)
        step.focus_first()

    def _made(self, account: Account, password: str) -> None:
        step = _RecoveryStep(account, password, self._done)
        self._steps.addWidget(step)
        self._steps.setCurrentWidget(step)


class _ServerStep(Page):
    def __init__(
        self, bridge: Bridge, back: Callable[[], None], asked: Callable[[RegistrationForm], None], way: Way
    ) -> None:
        super().__init__(
            _("Choose a server"),
            _("Any of them will do: people on all servers can talk with each other. None wants an e-mail address."),
            back,
        )
        self._bridge, self._asked, self._way = bridge, asked, way
        self._list = QListWidget()
        self._list.setAccessibleName(_("Servers"))
        self._list.setMinimumHeight(264)
        self._list.setObjectName("card")
        for server in suggestions.servers():
            item = QListWidgetItem(f"{server.domain}\n{_about(server)}")
            item.setToolTip(server.website)
            item.setData(Qt.ItemDataRole.UserRole, server.domain)
            self._list.addItem(item)
        # Not the current item: a list that gets the focus makes its first one current without anybody's choosing.
        self._list.itemSelectionChanged.connect(self._picked)
        self.body.addWidget(self._list)
        listed = _("From the public list of providers.xmpp.net. The server itself is asked before anything is made.")
        self.body.addWidget(plain(listed, 12.5, "ink3", wrap=True))
        self._domain = self.field(_("Server"), name="domain")
        self._domain.setPlaceholderText(_("or type another one"))
        more = more_button(self)
        self._fields = ServerFields()
        self._fields.hide()
        more.toggled.connect(self._fields.setVisible)
        self.body.addWidget(more)
        self.body.addWidget(self._fields)
        self.primary(_("Ask this server"), self._go)

    def _picked(self) -> None:
        for item in self._list.selectedItems():
            self._domain.setText(str(item.data(Qt.ItemDataRole.UserRole)))

    def _go(self) -> None:
        server: Server | str = self._fields.server()
        domain = self._domain.text().strip()
        if isinstance(server, str):
            return self.say(server)
        if not domain:
            return self.say(_("Choose a server from the list or type one."))
        self.busy(True)
        command = OpenRegistration(domain, server, self._way.route, self._way.proxy)
        self._bridge.do(command, self._offered, self.complain)
        return None

    def _offered(self, form: RegistrationForm) -> None:
        self.busy(False)
        self._asked(form)


class _FormStep(Page):
    def __init__(
        self,
        bridge: Bridge,
        form: RegistrationForm,
        back: Callable[[], None],
        made: Callable[[Account, str], None],
    ) -> None:
        super().__init__(_("Your new name on %s") % form.server, form.instructions[:500], back)
        self._bridge, self._form, self._made = bridge, form, made
        self._inputs: dict[str, QLineEdit | QComboBox] = {}
        for question in form.fields:
            self._add(question)
        self.body.addWidget(button(_("Another name and password"), self._renew))
        self.primary(_("Create"), self._go)

    def focus_first(self) -> None:
        """Put the cursor where typing begins."""
        first = next(iter(self._inputs.values()), None)
        if first is not None:
            first.setFocus()

    def _add(self, question: FormField) -> None:
        if question.kind == _HIDDEN or question.var == "FORM_TYPE":
            return
        if question.image or question.image_url:
            self._picture(question.image)
        if question.kind == _FIXED or not question.var:
            self.body.addWidget(plain(question.value, 13, "ink2", wrap=True))
        elif question.options:
            box = QComboBox()
            box.setAccessibleName(_label(question))
            box.view().setAccessibleName(_label(question))
            for words, value in question.options:
                box.addItem(words or value, value)
            self.body.addWidget(plain(_label(question), 13, "ink2"))
            self.body.addWidget(box)
            self._inputs[question.var] = box
        else:
            made = {"username": suggestions.new_name, "password": suggestions.new_password}.get(question.var)
            line = self.field(_label(question), made() if made else question.value, name=question.var)
            if question.kind == _PRIVATE and question.var != "password":
                line.setEchoMode(QLineEdit.EchoMode.Password)
            self._inputs[question.var] = line

    def _picture(self, raw: bytes) -> None:
        image = _decoded(raw)
        if image.isNull():
            self.body.addWidget(plain(_("The server's picture cannot be shown."), 13, "rust"))
            return
        shown = plain()
        larger = image.scaled(image.size() * (2 if image.width() < 300 else 1), Qt.AspectRatioMode.KeepAspectRatio)
        shown.setPixmap(QPixmap.fromImage(larger))
        shown.setAccessibleName(_("A picture with text to copy, from the server"))
        self.body.addWidget(shown)

    def _renew(self) -> None:
        for var, make in (("username", suggestions.new_name), ("password", suggestions.new_password)):
            line = self._inputs.get(var)
            if isinstance(line, QLineEdit):
                line.setText(make())

    def _values(self) -> dict[str, str]:
        values = {f.var: f.value for f in self._form.fields if f.kind == _HIDDEN and f.var}
        for var, line in self._inputs.items():
            values[var] = line.text() if isinstance(line, QLineEdit) else str(line.currentData())
        return values

    def _go(self) -> None:
        values = self._values()
        empty = next((f for f in self._form.fields if f.required and f.var in self._inputs and not values[f.var]), None)
        if empty is not None:
            return self.say(_("“%s” is still empty.") % _label(empty))
        self.busy(True)
        command = SubmitRegistration(self._form.ticket, tuple(values.items()), suggestions.new_nick())
        self._bridge.do(command, lambda account: self._made(account, values.get("password", "")), self.complain)
        return None


class _RecoveryStep(Page):
    def __init__(self, account: Account, password: str, done: Callable[[], None]) -> None:
        super().__init__(
            _("This is you now"),
            _("Nobody can send you a forgotten password. Write these two lines down or save them somewhere safe."),
        )
        self._text = _("Address: {address}\nPassword: {password}").format(address=account.jid, password=password)
        self._address = self.field(_("Address"), account.jid, name="made_address")
        self._secret = self.field(_("Password"), password, name="made_password")
        for line in (self._address, self._secret):
            line.setReadOnly(True)
        copy = button(_("Copy both"), lambda: QGuiApplication.clipboard().setText(self._text))
        self.body.addLayout(row(copy, button(_("Save as a file…"), self._save), 0))
        self.primary(_("Enter"), done)

    def _save(self) -> None:
        ask_save(self, _("Where to keep the recovery sheet"), "", self.save).setDefaultSuffix("txt")

    def save(self, path: str) -> None:
        """Write the sheet into a file that only its owner may read, to be printed or put away."""
        try:
            write_private(path, f"{self._text}\n".encode())
        except OSError as error:
            self.say(_("The file could not be written: %s") % (error.strerror or ""))
        else:
            self.say(_("Saved. Keep it where nobody else looks."), "jade")


def _decoded(raw: bytes) -> QImage:
    """The picture, null when it is of no usual kind or too large: its head is looked at first.

    The kind is told from the first bytes here: Qt, asked to guess, would have every reader try, that of SVG too.
    """
    kind = next((kind for begins, kind in _PICTURES.items() if raw.startswith(begins)), b"")
    if not kind:
        return QImage()
    data = QBuffer()
    data.setData(raw)
    reader = QImageReader(data, kind)
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    return reader.read() if 0 < max(size.width(), size.height()) <= _LARGEST_SIDE else QImage()


def _about(server: suggestions.Suggested) -> str:
    """Where a server is, what it wants, and how old that knowledge is."""
    place = QLocale.territoryToString(QLocale.codeToTerritory(server.country.upper()))
    wants = _("asks to read a picture") if server.captcha else _("wants nothing but a name")
    listed = _("listed {day}").format(day=server.checked.isoformat())
    parts = [place, wants, _("onion address") if server.onion else "", listed]
    return " · ".join(part for part in parts if part)


def _label(question: FormField) -> str:
    known = {"username": _("Name"), "password": _("Password"), "email": _("E-mail")}
    return question.label or known.get(question.var, question.var)
