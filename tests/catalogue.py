"""The translations: `python tests/catalogue.py --write` takes in new texts and compiles; without it, says what is off.

A text is marked by `_()`, `ngettext()` or, where it is declared, `marked()`. New ones come into the .po file empty.
"""

import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
APP, LOCALES = ROOT / "app" / "teahouse", ROOT / "resources" / "locale"
LANGUAGES = ("zh_CN",)
KEYWORDS = {"_": None, "ngettext": (1, 2), "marked": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def marked_texts() -> Catalog:
    """Every text in the source that people read."""
    found = Catalog(project="Teahouse", fuzzy=False)
    for name, _line, text, comments, context in extract_from_dir(APP, [("**.py", "python")], keywords=KEYWORDS):
        found.add(text, None, [(f"app/teahouse/{name}", None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return found


def file_of(language: str, kind: str = "po") -> Path:
    """Where a catalogue is kept."""
    return LOCALES / language / "LC_MESSAGES" / f"teahouse.{kind}"


def kept(language: str) -> Catalog:
    """The catalogue of a language."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str) -> bytes:
    """The .mo file that a catalogue makes."""
    out = io.BytesIO()
    write_mo(out, kept(language))
    return out.getvalue()


def renewed(language: str) -> None:
    """Take new texts into a catalogue, let go of those that are no longer said, and compile it."""
    catalogue = kept(language) if file_of(language).exists() else Catalog(locale=language, fuzzy=False)
    catalogue.update(marked_texts(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version = "Teahouse", "1"
    catalogue.last_translator = catalogue.msgid_bugs_address = catalogue.language_team = ""
    file_of(language).parent.mkdir(parents=True, exist_ok=True)
    with file_of(language).open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, no_location=True, omit_header=False)
    file_of(language, "mo").write_bytes(compiled(language))


def forms(message: Message) -> list[str]:
    """The translation of a text, one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ("",))


def troubles(language: str) -> list[str]:
    """What is wrong with a catalogue, in sentences."""
    said, known = {m.id: m for m in marked_texts() if m.id}, {m.id: m for m in kept(language) if m.id}
    found = [f"missing: {text!r}" for text in said if text not in known]
    found += [f"no longer said: {text!r}" for text in known if text not in said]
    for text, message in known.items():
        wanted = {frozenset(PLACEHOLDER.findall(one)) for one in ([text] if isinstance(text, str) else text)}
        for form in forms(message):
            if not form:
                found.append(f"not translated: {text!r}")
            elif frozenset(PLACEHOLDER.findall(form)) not in wanted:
                found.append(f"other placeholders: {text!r} -> {form!r}")
        if message.fuzzy:
            found.append(f"unsure: {text!r}")
    if file_of(language, "mo").read_bytes() != compiled(language):
        found.append("teahouse.mo is out of date")
    return found


if __name__ == "__main__":
    for spoken in LANGUAGES:
        if "--write" in sys.argv:
            renewed(spoken)
        for trouble in troubles(spoken):
            print(f"{spoken}: {trouble}")
