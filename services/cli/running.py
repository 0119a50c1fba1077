"""What every running process needs: ports that are free, and the sign to stop."""

from __future__ import annotations

import asyncio
import signal
import socket

from services.cli.screen import CommandError
from services.settings import Settings


def check_ports(settings: Settings) -> None:
    """See that the ports are free. Raises ``CommandError`` naming the setting to change."""
    ports = [
        ("PORT", settings.host, settings.port),
        ("ACTIONS_PORT", "127.0.0.1", settings.actions_port),
        *(("RASA_PORT", "127.0.0.1", port) for port in settings.rasa_ports),
    ]
    for name, host, port in ports:
        if not is_free(host, port):
            raise CommandError(
                f"Port {port} är upptagen. Stoppa det som kör där, eller sätt {name} till en annan "
                f"port. Vem som har den: ss -ltnp 'sport = :{port}'"
            )


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def stop_signal() -> asyncio.Future[None]:
    """A future that is done at Ctrl-C or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return stop


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
