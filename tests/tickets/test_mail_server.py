"""The mail server must show who it is before it gets a password or a notice."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.tickets.messengers import MailServer

NOW = datetime.now(UTC)  # a certificate is held against the real time


@dataclass
class Server:
    """A mail server with a certificate of its own; remembers the verbs that it was sent."""

    at_once: bool
    context: ssl.SSLContext
    port: int = 0
    verbs: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        encrypted = self.at_once
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            while line := await reader.readline():
                verb = line.split()[0].decode().upper()
                self.verbs.append(verb)
                if verb == "EHLO":
                    offer = "AUTH PLAIN" if encrypted else "STARTTLS"
                    writer.write(f"250-here\r\n250 {offer}\r\n".encode())
                elif verb == "STARTTLS":
                    writer.write(b"220 go on\r\n")
                    await writer.start_tls(self.context)
                    encrypted = True
                elif verb == "AUTH":
                    writer.write(b"235 ok\r\n")
                elif verb == "DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(b"250 ok\r\n")
                else:
                    writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
        writer.close()


@pytest.fixture(params=["smtp", "smtps"])
async def server(request: pytest.FixtureRequest, certificate: Path) -> AsyncIterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    found = Server(request.param == "smtps", context)
    listening = await asyncio.start_server(
        found.serve, "127.0.0.1", 0, ssl=context if found.at_once else None
    )
    found.port = listening.sockets[0].getsockname()[1]
    yield found
    listening.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "lotsen@x.example", "jour@x.example"
    message["Subject"] = "Ett ärende väntar"
    return message


def mail_server(server: Server) -> MailServer:
    scheme = "smtps" if server.at_once else "smtp"
    return MailServer(f"{scheme}://user:password@127.0.0.1:{server.port}")


async def test_a_server_that_cannot_show_who_it_is_gets_neither_password_nor_letter(
    server: Server,
) -> None:
    assert not await mail_server(server).send(letter(), NOW)
    assert set(server.verbs) <= {"EHLO", "STARTTLS", "QUIT"}


async def test_a_certificate_that_the_operator_trusts_is_enough(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await mail_server(server).send(letter(), NOW)
    assert {"AUTH", "DATA"} <= set(server.verbs)
