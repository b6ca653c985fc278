"""A certificate authority and a server certificate that live only as long as their folder, made by `openssl`."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[ca]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
_NEW = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files are: clients trust `authority`, the server shows `chain` and keeps `key`."""

    authority: Path
    chain: Path
    key: Path


def make_certificates(folder: Path, hosts: Iterable[str], stem: str = "server", days: int = 30) -> Certificates:
    """A new authority, whose key is thrown away, and a certificate for these hosts."""
    authority, authority_key = folder / f"{stem}-ca.pem", folder / f"{stem}-ca.key"
    chain, key, config = folder / f"{stem}.crt", folder / f"{stem}.key", folder / f"{stem}.cnf"
    names = ",".join(f"DNS:{host}" for host in hosts)
    config.write_text(_CONFIG.format(name="practice authority", names=names))
    common = ["-config", str(config), "-days", str(days)]
    _run([*_NEW, *common, "-extensions", "ca", "-keyout", str(authority_key), "-out", str(authority)])
    config.write_text(_CONFIG.format(name="practice server", names=names))
    signing = ["-CA", str(authority), "-CAkey", str(authority_key)]
    _run([*_NEW, *common, *signing, "-extensions", "server", "-keyout", str(key), "-out", str(chain)])
    authority_key.unlink()
    config.unlink()
    key.chmod(0o600)
    return Certificates(authority, chain, key)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
