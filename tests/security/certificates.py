"""Certificates for servers that lie, made in memory."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Signer = tuple[x509.Name, ec.EllipticCurvePrivateKey]


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that a server shows."""

    context: ssl.SSLContext
    fingerprint: str
    file: Path
    """Certificate and private key, for a server that changes to it."""
    key: ec.EllipticCurvePrivateKey


class Authority:
    """Signs whatever it is asked to."""

    def __init__(self, folder: Path, name: str, days: tuple[int, int] = (-1, 30)) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        own = _name(name)
        builder = _builder(own, own, self._key, days).add_extension(x509.BasicConstraints(True, 0), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        ski = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = builder.add_extension(usage, critical=True).add_extension(ski, critical=False)
        self.file.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def sign(
        self,
        names: tuple[str, ...],
        common: str = "someone",
        days: tuple[int, int] = (-1, 30),
        *,
        by_itself: bool = False,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        renewed: Shown | None = None,
    ) -> Shown:
        """A server certificate for these names, valid between these days from now; a renewed one has the old key."""
        key = renewed.key if renewed else ec.generate_private_key(ec.SECP256R1())
        subject = _name(common)
        issuer, signer = (subject, key) if by_itself else (_name(self._name), self._key)
        builder = _builder(subject, issuer, key, days)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(known, critical=False)
        if names:
            given = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(given, critical=False)
        made = builder.sign(signer, hashes.SHA256())
        file = _written(self._folder, made, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return Shown(context, made.fingerprint(hashes.SHA256()).hex(), file, key)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: tuple[int, int] = (-1, 30)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )


def _written(folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
    file = folder / f"{certificate.serial_number:x}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file
