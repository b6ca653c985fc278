"""Open the encrypted database and bring its schema up to date, one numbered .sql file at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlite

from teahouse.crash import crash_point
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.store.tokens import FUNCTIONS

SCHEMA = Path(__file__).parent / "schema"
_DAMAGED = ("malformed", "not a database", "corrupt", "disk image")
_FULL = ("disk is full", "database or disk is full")
_CLOSED = ("readonly", "unable to open", "permission denied")


class Unwanted(Exception):
    """A question was given up, for nobody waits for its answer any more."""


class Database:
    """One connection to a profile's database; it lives and is used in one thread."""

    def __init__(self, path: Path, key: bytes, *, read_only: bool = False) -> None:
        """Open it with a 32-byte key, read-only without migrating it.

        Raises Trouble (DATABASE_DAMAGED, DATABASE_NEWER, DISK_FULL, NOT_WRITABLE).
        """
        self.path, self._key = path, key
        with _as_problems(path):
            self._connection = sqlite.connect(str(path), isolation_level=None, timeout=10)
            self._set_up(key, read_only)
            crash_point("opened")
            self.version = int(self.one("PRAGMA user_version")[0])
            if self.version > newest():
                raise Trouble(Problem(Fault.DATABASE_NEWER, str(self.version)))
            if not read_only:
                self._migrate()

    def _set_up(self, key: bytes, read_only: bool) -> None:
        run = self._connection.execute
        run("PRAGMA cipher_log_level = NONE")
        run(f"PRAGMA key = \"x'{key.hex()}'\"")
        run("PRAGMA temp_store = MEMORY")
        if read_only:
            run("PRAGMA query_only = ON")
        else:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA secure_delete = ON")
            run("PRAGMA foreign_keys = ON")
            for name, arguments, function in FUNCTIONS:
                self._connection.create_function(name, arguments, function, deterministic=True)
        run("SELECT count(*) FROM sqlite_master").fetchone()

    def _migrate(self) -> None:
        for number, step in _steps():
            if number > self.version:
                crash_point("migrating")
                self._connection.executescript(
                    f"BEGIN IMMEDIATE;\n{step.read_text()}\nPRAGMA user_version = {number};\nCOMMIT;"
                )
                self.version = number
                crash_point("migrated")

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator["Database"]:
        """All or nothing; raises Trouble(DISK_FULL) and keeps what was there before. May be nested."""
        if self._connection.in_transaction:
            yield self
            return
        with _as_problems(self.path):
            self._connection.execute(f"BEGIN {kind}")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def run(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        """Change something; the row id of what was inserted, or 0."""
        with _as_problems(self.path):
            return self._connection.execute(sql, values).lastrowid or 0

    def all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Every row of an answer."""
        with _as_problems(self.path):
            return list(self._connection.execute(sql, values))

    def one(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """The first row of an answer, or an empty tuple."""
        with _as_problems(self.path):
            row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row or ()

    def again(self) -> "Database":
        """Another connection, for another thread; raises Trouble."""
        return Database(self.path, self._key)

    def copy_to(self, path: Path, key: bytes) -> None:
        """Write all there is at this moment to an empty file, under another key; raises Trouble. Slow."""
        self.run("ATTACH DATABASE ? AS copy KEY ?", (str(path), f"x'{key.hex()}'"))
        try:
            self.run("PRAGMA copy.journal_mode = OFF")
            with self.transaction("DEFERRED"):
                self.one("SELECT count(*) FROM main.sqlite_master")
                self.one("SELECT sqlcipher_export('copy')")
                self.run(f"PRAGMA copy.user_version = {self.version}")
        finally:
            self.run("DETACH DATABASE copy")

    def fold(self) -> bool:
        """Fold the write-ahead log into the database and leave it empty; False while somebody reads from it."""
        crash_point("folding")
        self.run("PRAGMA busy_timeout = 0")
        try:
            return not self.one("PRAGMA wal_checkpoint(TRUNCATE)")[0]
        finally:
            crash_point("folded")
            self.run("PRAGMA busy_timeout = 10000")

    @contextmanager
    def while_wanted(self, wanted: Callable[[], bool]) -> Iterator[None]:
        """What is asked inside is given up as soon as it is not wanted any more; raises Unwanted then."""
        self._connection.set_progress_handler(lambda: not wanted(), 5_000)
        try:
            yield
        except sqlite.OperationalError as error:
            if "interrupt" in str(error):
                raise Unwanted from None
            raise
        finally:
            self._connection.set_progress_handler(None, 0)

    def close(self) -> None:
        """Close it; the write-ahead log is folded in by the last one out."""
        self._connection.close()


def newest() -> int:
    """The schema that this program writes."""
    return _steps()[-1][0]


def _steps() -> list[tuple[int, Path]]:
    return [(int(step.name[:4]), step) for step in sorted(SCHEMA.glob("[0-9][0-9][0-9][0-9]_*.sql"))]


@contextmanager
def _as_problems(path: Path) -> Iterator[None]:
    """What the database says, as problems with words."""
    try:
        yield
    except (sqlite.DatabaseError, MemoryError) as error:
        said = str(error).lower()
        if isinstance(error, MemoryError) or any(words in said for words in _DAMAGED):
            raise Trouble(Problem(Fault.DATABASE_DAMAGED, str(path))) from error
        if any(words in said for words in _CLOSED):
            raise Trouble(Problem(Fault.NOT_WRITABLE, str(path))) from error
        if any(words in said for words in _FULL) or "disk i/o" in said:
            raise Trouble(Problem(Fault.DISK_FULL, str(path), str(error))) from error
        raise
