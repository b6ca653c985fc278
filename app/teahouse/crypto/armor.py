"""ASCII armor without its first and last line (RFC 4880 section 6), as XEP-0027 has it in its elements."""

import base64
import re
import textwrap

_WIDTH = 64
_CRC = re.compile(r"=[A-Za-z0-9+/]{4}")
_HEADER = re.compile(r"[A-Za-z]+: ")


def stripped(data: bytes) -> str:
    """What is between the first and the last line of a message or signature (binary) in armor."""
    checksum = base64.b64encode(_crc24(data).to_bytes(3, "big")).decode()
    return "\n".join([*textwrap.wrap(base64.b64encode(data).decode(), _WIDTH), f"={checksum}"])


def unstripped(text: str) -> bytes:
    """The message or signature, binary; raises ValueError when it is damaged or something else.

    Taken, too, when somebody left the lines of its armor in it, or the checksum out.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("-----")]
    lines = [line for line in lines if not _HEADER.match(line)]
    checksum = lines.pop()[1:] if lines and _CRC.fullmatch(lines[-1]) else ""
    data = base64.b64decode("".join(lines), validate=True)
    if not data or (checksum and int.from_bytes(base64.b64decode(checksum), "big") != _crc24(data)):
        raise ValueError("damaged")
    return data


def _crc24(data: bytes) -> int:
    """RFC 4880 section 6.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc
