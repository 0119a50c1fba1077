"""The processes: who listens on each port, and are the models those of the training data?"""

from __future__ import annotations

from collections.abc import AsyncIterator

from services.cli.doctor.finding import Finding, Patient, fault, ok, warning
from services.cli.processes import answers
from services.cli.running import is_free
from services.cli.training import rasa_model_path, urgency_is_trained


async def look_at_ports(patient: Patient) -> AsyncIterator[Finding]:
    """Is each port free, or is it our own process that has it?"""
    settings = patient.settings
    service = f"http://{settings.host}:{settings.port}/health/live"
    is_up = await answers(service)()
    children = [("Åtgärdsservern", "ACTIONS_PORT", settings.actions_port, "/health")] + [
        ("Rasa", "RASA_PORT", port, "/webhooks/oroslotsen/") for port in settings.rasa_ports
    ]
    yield _told(
        "Tjänsten", "PORT", settings.port, is_up=is_up, free=is_free(settings.host, settings.port)
    )
    for name, setting, port, path in children:
        up = await answers(f"http://127.0.0.1:{port}{path}")()
        free = is_free("127.0.0.1", port)
        if free and is_up:
            yield fault(
                name,
                f"{name} svarar inte på port {port}, fast tjänsten kör. Den som är i fara får "
                "ändå svar, men samtal förs inte som de ska.",
                "Starta om: avsluta med Ctrl-C och kör make start. Se loggarna i STATE_DIR/logs.",
            )
        else:
            yield _told(name, setting, port, is_up=up, free=free)


async def look_at_models(patient: Patient) -> AsyncIterator[Finding]:
    """Are there models, of the training data as they are now?"""
    settings, remedy = patient.settings, "oroslotsen train"
    if not patient.has_sources:  # in a container, trained where the image was made
        if not any(settings.models_dir.glob("*")):
            yield fault(
                "Modeller", f"Ingen modell finns i {settings.models_dir}.", "Bygg om avbildningen."
            )
        return
    model = rasa_model_path(settings)
    if model.exists():
        yield ok("Rasas modell", f"Tränad på de träningsdata som finns ({model.name}).")
    elif any(settings.models_dir.glob("rasa-*.tar.gz")):
        yield warning("Rasas modell", "Träningsdata har ändrats sedan modellen tränades.", remedy)
    else:
        yield fault("Rasas modell", f"Ingen modell finns i {settings.models_dir}.", remedy)
    if urgency_is_trained(settings):
        yield ok("Brådskemodellen", "Tränad på de träningsdata som finns.")
    else:
        yield fault(
            "Brådskemodellen", "Den saknas, eller är tränad på andra data än de som finns.", remedy
        )


def _told(name: str, setting: str, port: int, *, is_up: bool, free: bool) -> Finding:
    if is_up:
        return ok(name, f"Kör på port {port}.")
    if free:
        return ok(name, f"Kör inte. Port {port} är ledig.")
    return fault(
        name,
        f"Port {port} är upptagen av något annat, eller av en process som har hängt sig.",
        f"ss -ltnp 'sport = :{port}' visar vem. Stoppa den, eller sätt {setting}.",
    )
