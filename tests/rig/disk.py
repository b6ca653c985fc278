"""A disk that may lose power: what a program did to its files, as strace saw it, and what could be left of that.

A write is safe once its file was synced (fsync, fdatasync), a name once its folder was. Whatever was not safe at the
moment of the cut may have got there or not, in any order; a write may have got there in part, sector by sector.
"""

import os
import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.rig.traced import Call, read_trace

_CALLS = (
    "trace=open,openat,creat,close,lseek,write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,ftruncate,truncate,"
    "fallocate,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,dup,dup2,dup3"
)
_UNKNOWN = frozenset(
    [
        "open",
        "creat",
        "writev",
        "pwritev",
        "pwritev2",
        "copy_file_range",
        "sendfile",
        "truncate",
        "fallocate",
        "link",
        "linkat",
    ]
)
"""Calls that this disk does not understand: it says so rather than be wrong."""
SECTOR = 512


def record(command: Sequence[str], folder: Path, trace: Path) -> list[Call]:
    """Run a command under strace; its calls that change files."""
    traced = ["strace", "-f", "-qq", "-xx", "-s", "16777216", "--seccomp-bpf", "-e", _CALLS, "-e", "signal=none"]
    done = subprocess.run(
        [*traced, "-o", str(trace), *command], cwd=folder, env={**os.environ}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return read_trace(trace)


@dataclass
class _File:
    """What is safe of one file, and what was done to it since: (offset, bytes), or (length, None) for a truncation."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes | None]] = field(default_factory=list)
    end: int = 0
    """Its length, as the program sees it."""

    def did(self, at: int, data: bytes | None) -> None:
        """Something was done to it."""
        self.since.append((at, data))
        self.end = at if data is None else max(self.end, at + len(data))

    def sync(self) -> None:
        """All of it is safe."""
        for at, data in self.since:
            _do(self.safe, at, data)
        self.since.clear()

    def left(self, chance: random.Random, keep: float) -> bytes:
        """What is found after a cut; `keep` is how much of what was not safe got there."""
        found = bytearray(self.safe)
        for at, data in self.since:
            whole = chance.random() < keep
            if whole or data is None:
                if whole:
                    _do(found, at, data)
            elif chance.random() < keep:
                for begin in range(-(at % SECTOR), len(data), SECTOR):
                    if chance.random() < 0.5:
                        _do(found, at + max(begin, 0), data[max(begin, 0) : begin + SECTOR])
        return bytes(found)


def _do(content: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del content[at:]
        data = b""
    content.extend(bytes(max(0, at - len(content))))
    content[at : at + len(data)] = data


@dataclass(frozen=True)
class _Named:
    """A change of names: `path` is now this file, or nothing; with `was` it had that name before."""

    path: str
    file: _File | None
    was: str = ""


class Disk:
    """The files below one folder, call by call."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._names: dict[str, _File] = {}
        self._safe: dict[str, _File] = {}
        self._since: list[_Named] = []
        self._open: dict[int, tuple[str, _File | None, list[int]]] = {}
        """Descriptors: path, file (none for a folder), and where the next `write` goes."""

    def did(self, call: Call) -> bool:
        """Take one call; whether it changed anything, or made it safe."""
        answer = call.answer.split()[0]
        if answer.startswith("-") or (not answer.lstrip("0x").isalnum() and answer != "0"):
            return False
        said = _arguments(call.said)
        if call.name in _UNKNOWN:
            where = self._open.get(_number(said[0]))
            assert where is None and not any(word.startswith(self._folder) for word in said), call
            return False
        return bool(getattr(self, f"_{call.name}", self._nothing)(said, int(answer)))

    def _nothing(self, said: list[str], answer: int) -> bool:
        return False

    def _openat(self, said: list[str], answer: int) -> bool:
        path, flags = said[1], said[2]
        if not path.startswith(self._folder) or path.endswith("-shm"):
            # The index of the write-ahead log is memory: whoever opens it first makes it anew.
            self._open.pop(answer, None)
            return False
        if "O_DIRECTORY" in flags or os.path.isdir(path):
            self._open[answer] = (path, None, [0])
            return False
        file, made = self._names.get(path), False
        if file is None:
            if "O_CREAT" not in flags:
                return False
            file, made = _File(), True
            self._named(_Named(path, file))
        if "O_TRUNC" in flags and file.end:
            file.did(0, None)
            made = True
        self._open[answer] = (path, file, [file.end if "O_APPEND" in flags else 0])
        return made

    def _close(self, said: list[str], answer: int) -> bool:
        self._open.pop(_number(said[0]), None)
        return False

    def _dup(self, said: list[str], answer: int) -> bool:
        if (found := self._open.get(_number(said[0]))) is not None:
            self._open[answer] = found
        return False

    _dup2 = _dup3 = _dup

    def _lseek(self, said: list[str], answer: int) -> bool:
        if (found := self._open.get(_number(said[0]))) is not None:
            found[2][0] = answer
        return False

    def _write(self, said: list[str], answer: int) -> bool:
        _, file, at = self._open.get(_number(said[0]), ("", None, [0]))
        if file is None:
            return False
        file.did(at[0], _bytes(said[1])[:answer])
        at[0] += answer
        return True

    def _pwrite64(self, said: list[str], answer: int) -> bool:
        _, file, _at = self._open.get(_number(said[0]), ("", None, [0]))
        if file is None:
            return False
        file.did(int(said[3]), _bytes(said[1])[:answer])
        return True

    def _ftruncate(self, said: list[str], answer: int) -> bool:
        _, file, _at = self._open.get(_number(said[0]), ("", None, [0]))
        if file is None:
            return False
        file.did(int(said[1]), None)
        return True

    def _fsync(self, said: list[str], answer: int) -> bool:
        path, file, _at = self._open.get(_number(said[0]), ("", None, [0]))
        if file is not None:
            file.sync()
        elif path:
            self._settle(path)
        return bool(path)

    _fdatasync = _fsync

    def _rename(self, said: list[str], answer: int) -> bool:
        if not said[0].startswith(self._folder) or said[0] not in self._names:
            return False
        self._named(_Named(said[1], self._names[said[0]], said[0]))
        return True

    def _unlink(self, said: list[str], answer: int) -> bool:
        if said[0] not in self._names:
            return False
        self._named(_Named(said[0], None))
        return True

    def _unlinkat(self, said: list[str], answer: int) -> bool:
        assert said[0] == "AT_FDCWD", said
        return self._unlink(said[1:], answer)

    def _renameat2(self, said: list[str], answer: int) -> bool:
        return self._rename([said[1], said[3]], answer)

    _renameat = _renameat2

    def _named(self, change: _Named) -> None:
        _name(self._names, change)
        self._since.append(change)

    def _settle(self, folder: str) -> None:
        rest = []
        for change in self._since:
            if os.path.dirname(change.path) == folder:
                _name(self._safe, change)
            else:
                rest.append(change)
        self._since = rest

    def cut(self, chance: random.Random, into: Path) -> None:
        """The power fails now: write what is left into another folder."""
        keep = chance.choice((0.0, 0.5, 0.5, 0.9, 1.0))
        names = dict(self._safe)
        for change in self._since:
            if chance.random() < keep:
                _name(names, change)
        for path, file in names.items():
            place = into / os.path.relpath(path, self._folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.left(chance, keep))


def _name(names: dict[str, _File], change: _Named) -> None:
    if change.was:
        names.pop(change.was, None)
    if change.file is None:
        names.pop(change.path, None)
    else:
        names[change.path] = change.file


_WORD = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?|([^",]+)')


def _arguments(said: str) -> list[str]:
    """What stands in the brackets of a call; paths as they are, other strings still in hexadecimal."""
    found = []
    for text, plain in _WORD.findall(said):
        if plain:
            found += [plain.strip()] if plain.strip() else []
        else:
            found.append(text if said[0].isdigit() else _bytes(text).decode(errors="replace"))
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else -1


def moments(calls: Sequence[Call], folder: Path) -> Iterator[tuple[int, Disk]]:
    """The disk behind each call that changed it, with how many calls there were so far."""
    disk = Disk(folder)
    for count, call in enumerate(calls, 1):
        if disk.did(call):
            yield count, disk
