"""The way of an identity to its server: what hides it, through which relays it goes, and how to change that."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from teahouse.domain.account import Account, Link, Route
from teahouse.domain.commands import NewCircuit, ShowCircuit
from teahouse.domain.text import isolated, label
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.bridges import BridgesSheet
from teahouse.ui.dialogs.torsource import TorSourceSheet
from teahouse.ui.known import Known
from teahouse.ui.problems import words
from teahouse.ui.torwords import hop_words, step_words
from teahouse.ui.widgets import Facts, button, plain, row, tidy

WIDTH = 400


class RoutePopover(QFrame):
    """Opens above the status strip; kept true while it is open."""

    def __init__(self, parent: QWidget, bridge: Bridge, known: Known, account: Account, sealed: bool) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(_("The way to the server"))
        self._bridge, self._known, self._account, self._sealed = bridge, known, account, sealed
        tor = account.route is Route.TOR
        title = plain(_("The way of {who}").format(who=isolated(label(account.nick or account.jid, 40))), 15, bold=True)
        self.facts = Facts()
        self.new = button(_("New circuit"), self._renew, "primary")
        self.change = button(_("Bridges…"), self._change)
        self.source = button(_("Which Tor…"), self._choose)
        layout = QVBoxLayout(self)
        tidy(layout, (16, 14, 16, 14), 10)
        layout.addWidget(title)
        layout.addLayout(self.facts)
        if tor:
            layout.addLayout(row(self.change, self.source, 0, self.new))
        for changed in (known.tor_changed, known.links_changed):
            changed.connect(self.refresh)
        self.refresh()
        if tor:
            bridge.do(ShowCircuit(account.id), None, lambda problem: None)

    def open_above(self, strip: QWidget) -> None:
        """Show it over the left end of the strip."""
        self._fit()
        self.move(strip.mapToGlobal(QPoint(8, -self.height() - 4)))
        self.show()
        (self.new if self.new.isVisible() else self).setFocus()

    def refresh(self) -> None:
        """Say what is known now."""
        self.facts.show_lines(self.lines())
        link = self._known.links.get(self._account.id)
        self.change.setVisible(self._known.tor.own)
        self.new.setEnabled(link is not None and link.link is Link.ONLINE)
        self._fit()

    def _fit(self) -> None:
        """As high as the wrapped lines need, with the foot where it was."""
        layout, foot = self.layout(), self.y() + self.height()
        if layout is not None:
            layout.activate()
            self.resize(WIDTH, max(layout.totalHeightForWidth(WIDTH), layout.totalSizeHint().height()))
            if self.isVisible():
                self.move(self.x(), foot - self.height())

    def lines(self) -> list[tuple[str, str, str]]:
        """(icon, role, sentence) of the way."""
        if self._account.route is Route.DIRECT:
            direct = _("Directly: the server sees where you are, and your network which server it is.")
            return [("route", "amber", direct)]
        if self._account.route is Route.PROXY:
            proxy = self._account.proxy
            named = label(f"{proxy.host}:{proxy.port}", 80) if proxy else ""
            return [("route", "amber", _("Through your proxy {proxy}: the server sees the proxy.").format(proxy=named))]
        return [*self._tor(), *self._circuit(), self._seal()]

    def _tor(self) -> list[tuple[str, str, str]]:
        status = self._known.tor
        found = [("onion", "jade" if status.progress == 100 else "amber", step_words(status))]
        if status.problem is not None:
            found.append(("alert", "rust", " ".join(words(status.problem))))
        if not status.own:
            found.append(("onion", "ink2", _("This Tor is run by others on this computer; its bridges are its own.")))
        if status.bridges:
            by = ngettext("By {n} bridge.", "By {n} bridges.", status.bridges).format(n=status.bridges)
            found.append(("shield", "jade", " ".join((by, _("Your network does not see that it is Tor.")))))
        return found

    def _circuit(self) -> list[tuple[str, str, str]]:
        circuit = self._known.circuits.get(self._account.id)
        if circuit is None:
            return []
        found = []
        for number, hop in enumerate(circuit.hops):
            kind, named = hop_words(number, hop, circuit)
            found.append(("route", "ink2", f"{kind} ({isolated(named)})" if named else kind))
        if circuit.onion:
            found.append(("onion", "jade", _("Three more belong to the server's onion service: there is no exit.")))
        return found

    def _seal(self) -> tuple[str, str, str]:
        if self._sealed:
            return "lock", "jade", _("Sealed by the kernel: this program can open no other connection.")
        return "alert", "amber", _("Not sealed: this profile allows other routes too, or this system cannot seal.")

    def _renew(self) -> None:
        self._bridge.do(NewCircuit(self._account.id))
        self.close()

    def _choose(self) -> None:
        self.close()
        TorSourceSheet(self.parentWidget(), self._bridge).open()

    def _change(self) -> None:
        self.close()
        BridgesSheet(self.parentWidget(), self._bridge).open()
