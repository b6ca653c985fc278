"""Words in the user's language: gettext, importable everywhere. Babel extracts `_()` and `ngettext()`."""

import gettext
import os
from pathlib import Path

_LOCALES = Path(__file__).resolve().parents[2] / "resources" / "locale"
_ENGLISH = "en"


class _Spoken:
    """What this process speaks; None until the first text is asked for."""

    catalogue: gettext.NullTranslations | None = None
    language = _ENGLISH


def use(language: str = "") -> None:
    """Speak this language (`zh_CN`), or the system's when empty; anything unknown falls back to English."""
    for wanted in [language] if language else _system():
        if wanted == _ENGLISH or wanted.startswith("en_") or wanted in ("C", "POSIX"):
            break
        for code in (wanted, _named(wanted)):
            if gettext.find("teahouse", _LOCALES, [code]):
                _Spoken.catalogue = gettext.translation("teahouse", _LOCALES, [code])
                _Spoken.language = code
                return
    _Spoken.catalogue, _Spoken.language = gettext.NullTranslations(), _ENGLISH


def language() -> str:
    """The code of the language that is spoken."""
    _catalogue()
    return _Spoken.language


def _(text: str) -> str:
    """The text in the chosen language."""
    return _catalogue().gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text in the chosen language for this count."""
    return _catalogue().ngettext(one, many, count)


def _catalogue() -> gettext.NullTranslations:
    if _Spoken.catalogue is None:
        use()
    return _Spoken.catalogue or gettext.NullTranslations()


def _system() -> list[str]:
    """The languages that the environment asks for, as gettext reads it."""
    found = next((v for n in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(n))), "")
    return [code.partition(".")[0].partition("@")[0] for code in found.split(":") if code]


def _named(code: str) -> str:
    """The catalogue that serves a relative of its language: everybody who reads Simplified Chinese has one."""
    return "zh_CN" if code in ("zh", "zh_SG", "zh_Hans", "zh_Hans_CN") else code
