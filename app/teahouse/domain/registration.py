"""In-band registration (XEP-0077) as steps a window can show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the server. `kind` is a data form type (XEP-0004 section 3.3)."""

    var: str
    label: str
    kind: str = "text-single"
    required: bool = False
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """(label, value) pairs."""
    image: bytes = b""
    """A picture that belongs to the question (a CAPTCHA, XEP-0158), at most 256 KiB."""
    image_url: str = ""
    """Where it is, when the server only names it."""


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """What a server wants to know before it makes an account."""

    server: str
    instructions: str
    fields: tuple[FormField, ...]
    ticket: int
    """Names the open connection on which the answer must be sent."""
