"""What the user prefers: the values of the settings, kept, and worn by the whole application."""

from collections.abc import Callable

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTranslator, Signal
from PySide6.QtWidgets import QApplication

from teahouse import i18n
from teahouse.domain.commands import SetPreference
from teahouse.domain.queries import ReadPreferences
from teahouse.domain.settings import DENSITY, LANGUAGE, SCALE, SETTINGS, THEME, Setting, kept_as
from teahouse.ui import style, theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.widgets import Dressed

SaveAppearance = Callable[[str, str], None]


class Preferences(QObject):
    """Theme and language are handed in and saved outside, for they are needed before the vault is open."""

    changed = Signal()

    def __init__(
        self, bridge: Bridge, theme_name: str = "system", language: str = "", save: SaveAppearance | None = None
    ) -> None:
        super().__init__()
        self.bridge, self._save = bridge, save
        self._kept_too: dict[str, str] = {}
        """What is kept besides the settings that this program shows to everybody."""
        self._values = {setting.key: setting.default for setting in SETTINGS}
        self._values |= {THEME.key: THEME.sound(theme_name), LANGUAGE.key: LANGUAGE.sound(language)}
        app = _app()
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._system = _named(app.styleHints().colorScheme())
        self._speak(app)
        self.wear()

    def read(self) -> None:
        """Ask for what is kept in the vault, once it is open."""
        self.bridge.ask(ReadPreferences(), self._kept)

    def value(self, setting: Setting) -> str:
        """What is chosen."""
        return self._values[setting.key]

    def choose(self, setting: Setting, value: str) -> None:
        """Take another value, keep it, and wear it at once where that can be."""
        value = setting.sound(value)
        if value == self._values[setting.key]:
            return
        self._values[setting.key] = value
        if not setting.early:
            self.bridge.do(SetPreference(setting.key, value))
        elif self._save is not None:
            self._save(self._values[THEME.key], self._values[LANGUAGE.key])
        if setting is not LANGUAGE:
            self.wear()
        self.changed.emit()

    def of_account(self, setting: Setting, account: int) -> str:
        """What is chosen for one account."""
        return setting.sound(self._kept_too.get(kept_as(setting, account), ""))

    def choose_for(self, setting: Setting, account: int, value: str) -> None:
        """Take another value for one account, and keep it."""
        key = kept_as(setting, account)
        self._kept_too[key] = setting.sound(value)
        self.bridge.do(SetPreference(key, self._kept_too[key]))

    def wear(self) -> None:
        """Dress the application in what is chosen."""
        scale, compact = int(self._values[SCALE.key]) / 100, self._values[DENSITY.key] == "compact"
        chosen = self._values[THEME.key]
        theme.use(self._system if chosen == "system" else chosen, scale, compact)
        app = _app()
        app.setStyleSheet(style.sheet(theme.current()))
        for widget in app.allWidgets():
            if isinstance(widget, Dressed):
                widget.dress()

    def _kept(self, kept: dict[str, str]) -> None:
        before, self._kept_too = dict(self._values), kept | self._kept_too
        for setting in SETTINGS:
            if not setting.early:
                self._values[setting.key] = setting.sound(kept.get(setting.key, setting.default))
        if self._values != before:
            self.wear()
            self.changed.emit()

    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._system = _named(scheme)
        if self._values[THEME.key] == "system":
            self.wear()

    def _speak(self, app: QApplication) -> None:
        """Dates, and the few words that Qt itself says, in the language in use."""
        spoken = i18n.language()
        QLocale.setDefault(QLocale(spoken) if spoken != "en" else QLocale.system())
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        translator = QTranslator(self)
        if spoken != "en" and translator.load(f"qtbase_{spoken}", folder):
            app.installTranslator(translator)


def _named(scheme: Qt.ColorScheme) -> str:
    return "dark" if scheme is Qt.ColorScheme.Dark else "light"


def _app() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a QApplication comes first")
    return app
