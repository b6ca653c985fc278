"""Keys in the vault and in memory, on real GnuPG: nothing of them on a disk, and nothing lost with the memory."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.domain.openpgp import Verdict, user_id
from teahouse.domain.problem import Fault, Trouble
from teahouse.features.openpgp import memory, store
from teahouse.store.database import Database
from tests.crypto.rig import Stranger
from tests.openpgp.conftest import Owner
from tests.rig.wait import until

WILLOW, ROSE = "willow@example.org", "rose@example.org"
MakeOwner = Callable[[str], Owner]


def introduce(reader: Owner, writer: Owner) -> str:
    """The reader has the key of the writer; its fingerprint."""
    key = writer.keyring.own()
    assert key is not None
    store.announced(reader.db, reader.account, writer.jid, [key.fingerprint], 1)
    public = store.public(writer.db, writer.account, key.fingerprint)
    reader.run(reader.keyring.take(writer.jid, key.fingerprint, public))
    return key.fingerprint


def sealed(writer: Owner, reader: str, text: bytes) -> bytes:
    """A message signed by the writer."""
    key, secrets = writer.keyring.own(), store.secrets(writer.db, writer.account)
    assert key is not None
    phrase = next(secret.phrase for secret in secrets if secret.fingerprint == key.fingerprint)
    made = writer.run(writer.keyring.do("", lambda gpg: gpg.seal(text, [reader], key.fingerprint, phrase)))
    assert not made.left_out
    return made.data


def opened(reader: Owner, message: bytes) -> bytes:
    """What the reader reads."""
    secrets = store.secrets(reader.db, reader.account)

    def open_one(gpg: GnupgBackend) -> bytes:
        found = [gpg.open(message, secret.phrase) for secret in secrets]
        good = [one for one in found if one.verdict is Verdict.VALID]
        return good[0].data if good else b""

    return reader.run(reader.keyring.do("", open_one))


def test_keys_outlive_the_memory(owner: MakeOwner) -> None:
    willow, rose = owner(WILLOW), owner(ROSE)
    willow.run(willow.keyring.make())
    rose.run(rose.keyring.make())
    introduce(willow, rose)
    message = sealed(rose, introduce(rose, willow), b"tea at five")
    assert opened(willow, message) == b"tea at five"
    willow.run(willow.keyring.close())
    assert not willow.folder.exists()
    willow.again()
    willow.run(willow.keyring.load([ROSE]))
    assert opened(willow, message) == b"tea at five"


def test_a_new_key_reads_what_was_sent_to_the_old_one(owner: MakeOwner) -> None:
    willow, rose = owner(WILLOW), owner(ROSE)
    first = willow.run(willow.keyring.make())
    rose.run(rose.keyring.make())
    introduce(willow, rose)
    message = sealed(rose, introduce(rose, willow), b"tea at five")
    second = willow.run(willow.keyring.make())
    assert willow.keyring.own() == second != first
    assert opened(willow, message) == b"tea at five"


def test_a_key_from_a_file_is_taken_when_it_is_ours(owner: MakeOwner) -> None:
    willow, stranger = owner(WILLOW), Stranger()
    try:
        mine, other = stranger.key(user_id(WILLOW)), stranger.key(user_id(ROSE))
        mine_data, other_data = (
            stranger.gpg("--passphrase", "", "--export-secret-keys", name) for name in (mine, other)
        )
    finally:
        stranger.close()
    assert willow.run(willow.keyring.use(mine_data, "")).fingerprint == mine
    with pytest.raises(Trouble) as refused:
        willow.run(willow.keyring.use(other_data, ""))
    assert refused.value.problem.fault is Fault.KEY_FOREIGN
    own = willow.keyring.own()
    assert own is not None and own.fingerprint == mine
    # The vault has it under a passphrase of its own.
    (secret,) = store.secrets(willow.db, willow.account)
    assert len(secret.phrase) >= 40


def test_nothing_of_a_key_is_on_a_disk(owner: MakeOwner, tmp_path: Path) -> None:
    """Looked at by strace: of what is written, only the vault is not in memory."""
    rose = owner(ROSE)
    rose.run(rose.keyring.make())
    trace = tmp_path / "trace"
    program = (
        "import asyncio, sys; from pathlib import Path; from teahouse.features.openpgp.keyring import Keyring;"
        "from teahouse.store.database import Database; db = Database(Path(sys.argv[1]), bytes(32));"
        "ring = Keyring(db, int(sys.argv[2]), sys.argv[3], lambda: Path(sys.argv[4]));"
        "asyncio.run(ring.make()); asyncio.run(ring.close()); db.close()"
    )
    calls = "trace=openat,open,creat,rename,renameat,renameat2,link,linkat"
    command = ["strace", "-f", "-qq", "-e", calls, "-e", "signal=none", "-o", str(trace), sys.executable]
    folder = rose.folder.parent / "traced"
    subprocess.run(
        [*command, "-c", program, str(rose.db.path), str(rose.account), ROSE, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)},
        check=True,
    )
    written = set[str]()
    for line in trace.read_text(errors="replace").splitlines():
        if ("O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line or "rename" in line) and '"' in line:
            written.add(line.split('"')[1])
    ours = [path for path in written if path.startswith(str(folder))]
    elsewhere = {
        path
        for path in written
        if not path.startswith((str(folder), str(rose.db.path), "/dev/", "/proc/")) and "__pycache__" not in path
    }
    assert ours and elsewhere == set()


def test_under_the_seal_gnupg_works_and_nothing_else_is_started(owner: MakeOwner) -> None:
    rose = owner(ROSE)
    program = (
        "import asyncio, subprocess, sys; from pathlib import Path;"
        "from teahouse.net.seal import seal; from teahouse.net.watch import Forbidden, programs, watch;"
        "seal(); watch(programs());"
        "from teahouse.features.openpgp.keyring import Keyring; from teahouse.store.database import Database;"
        "db = Database(Path(sys.argv[1]), bytes(32));"
        "ring = Keyring(db, int(sys.argv[2]), sys.argv[3], lambda: Path(sys.argv[4]));"
        "key = asyncio.run(ring.make()); asyncio.run(ring.close()); db.close(); print(key.fingerprint)\n"
        "try: subprocess.run(['/bin/true'])\n"
        "except Forbidden: print('forbidden')"
    )
    folder = rose.folder.parent / "sealed"
    said = subprocess.run(
        [sys.executable, "-c", program, str(rose.db.path), str(rose.account), ROSE, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    own = rose.keyring.own()
    assert own is not None and said == [own.fingerprint, "forbidden"]


def test_what_a_killed_program_left_is_cleared(profile: Path, tmp_path: Path) -> None:
    folder = memory.home(profile, tmp_path, 1)
    run = folder / memory.RUN
    run.mkdir(parents=True)
    GnupgBackend(folder / memory.KEYRING, run).generate(WILLOW, "x" * 43)
    sockets = list((folder / memory.KEYRING).glob("S.gpg-agent"))
    assert sockets, "no agent runs"
    other = memory.home(profile, tmp_path / "other", 1)
    other.mkdir()
    memory.clear(profile, tmp_path)
    assert not folder.exists() and other.exists()

    def agents() -> list[str]:
        lines = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
        return [line for line in lines if "gpg-agent" in line and str(folder.name) in line]

    until(lambda: not agents())


def test_no_folder_in_memory_is_said(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as none:
        memory.place((Path("/proc"), tmp_path / "missing"))
    assert none.value.problem.fault is Fault.NO_MEMORY_DISK
    assert memory.place((Path("/proc"), Path("/dev/shm"))) == Path("/dev/shm")


def test_the_vault_gives_no_key_away(db: Database, owner: MakeOwner) -> None:
    willow = owner(WILLOW)
    key = willow.run(willow.keyring.make())
    (secret,) = store.secrets(db, willow.account)
    for file in db.path.parent.iterdir():
        if file.is_file():
            data = file.read_bytes()
            assert secret.phrase.encode() not in data and key.fingerprint.encode() not in data
            assert bytes.fromhex(key.fingerprint) not in data and WILLOW.encode() not in data
