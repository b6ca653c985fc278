"""What the hostile servers show."""

from pathlib import Path

import pytest

from teahouse.domain.account import Server
from tests.rig.hostile import HOST
from tests.security.certificates import Authority, Shown


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificates are."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    """The one that the client trusts."""
    return Authority(folder, "trusted")


@pytest.fixture(scope="session")
def honest(authority: Authority) -> Shown:
    """A certificate as it should be."""
    return authority.sign((HOST,))


@pytest.fixture(scope="session")
def trusting(authority: Authority) -> Server:
    """How an account that trusts the authority dials; host and port are filled in by the attempt."""
    return Server(ca_file=str(authority.file))
