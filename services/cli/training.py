"""Training: the models are made anew when what they are made of has changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.errors import OperatorError
from services.settings import ROOT, Settings

_RASA_SOURCES: Final = (
    "config.yml", "domain.yml", "endpoints.yml", "data/nlu", "data/rules", "data/stories",
    "bot/*.py", "bot/uv.lock",
)  # fmt: skip
_URGENCY_SOURCES: Final = (
    "data/nlu", "knowledge/concepts", "services/triage/*.py",
)  # fmt: skip
_STEP: Final = re.compile(r"Starting to train component '(?P<name>\w+)'|(?P<done>Your Rasa model)")


class TrainingError(OperatorError):
    """Training failed; the message says why, in Rasa's own words."""


def rasa_model_path(settings: Settings) -> Path:
    """Where the model for the present training data is, or will be."""
    mark = _fingerprint(_RASA_SOURCES, settings.encoder_model)
    return settings.models_dir / f"rasa-{mark}.tar.gz"


def train_urgency(settings: Settings, progress: Callable[[float], None]) -> None:
    """Train the urgency classifier unless it is of the present training data.

    Args:
        settings: Where data and models are.
        progress: Called with the share that is done, 0 to 1.
    """
    if urgency_is_trained(settings):
        return
    with _alone(settings, "urgency"):
        if urgency_is_trained(settings):
            return
        # Here, because most starts have nothing to train, and what it takes is large.
        from services.triage.training import train  # noqa: PLC0415 - see above

        train(
            settings.data_dir,
            settings.knowledge_dir,
            settings.models_dir,
            lambda _step, share: progress(share),
        )
        _urgency_mark(settings).write_text(_fingerprint(_URGENCY_SOURCES), encoding="ascii")


def urgency_is_trained(settings: Settings) -> bool:
    """Whether the urgency classifier is of the present training data."""
    mark = _urgency_mark(settings)
    return mark.exists() and mark.read_text(encoding="ascii") == _fingerprint(_URGENCY_SOURCES)


def train_rasa(settings: Settings, progress: Callable[[str], None]) -> Path:
    """Train Rasa's model unless there is one for the present training data.

    Args:
        settings: Where models are kept.
        progress: Called with the name of each step as it begins.

    Raises:
        TrainingError: Rasa refused the data or ended.
    """
    model = rasa_model_path(settings)
    if model.exists():
        return model
    with _alone(settings, "rasa"):
        if not model.exists():
            _make_rasa_model(settings, model, progress)
    return model


def _make_rasa_model(settings: Settings, model: Path, progress: Callable[[str], None]) -> None:
    # Rasa's validation reads everything twice more; `make rasa-validate` does it for the tests.
    command = (
        str(RASA_PYTHON), "-m", "rasa", "train", "--skip-validation", "--config", "config.yml",
        "--domain", "domain.yml", "--data", "data", "--out", str(settings.models_dir),
        "--fixed-model-name", f"partial-{model.stem.removesuffix('.tar')}",
    )  # fmt: skip
    environment = rasa_environment(settings, SecretStr("training")) | {"LOG_LEVEL": "INFO"}
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = list(_follow(process, progress))
    partial = settings.models_dir / f"partial-{model.name}"
    if process.wait() != 0 or not partial.exists():
        raise TrainingError("\n".join(lines[-15:]))
    # Renamed only when whole: a training that was broken off leaves no half model.
    partial.replace(model)


@contextlib.contextmanager
def _alone(settings: Settings, model: str) -> Iterator[None]:
    """Wait while another process makes the same model, so that it is made once."""
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with (settings.models_dir / f".{model}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _follow(process: subprocess.Popen[str], progress: Callable[[str], None]) -> Iterator[str]:
    for line in process.stdout or ():
        if (step := _STEP.search(line)) and step["name"]:
            progress(step["name"])
        yield line.rstrip()


def _urgency_mark(settings: Settings) -> Path:
    return settings.models_dir / "urgency.fingerprint"


def _fingerprint(sources: Sequence[str], said: str = "") -> str:
    digest = hashlib.sha256(said.encode())
    for pattern in sources:
        for path in sorted(ROOT.glob(pattern)):
            files = sorted(path.rglob("*.yml")) if path.is_dir() else [path]
            for file in files:
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
