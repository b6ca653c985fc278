"""Words in the user's language: gettext, importable everywhere. Babel extracts `_()` and `ngettext()`."""

import gettext
from pathlib import Path

_LOCALES = Path(__file__).resolve().parents[2] / "resources" / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def use(language: str) -> None:
    """Speak this language (`zh_CN`); anything unknown falls back to English."""
    global _catalogue
    _catalogue = gettext.translation("teahouse", _LOCALES, [language], fallback=True)


def _(text: str) -> str:
    """The text in the chosen language."""
    return _catalogue.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text in the chosen language for this count."""
    return _catalogue.ngettext(one, many, count)
