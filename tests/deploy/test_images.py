"""The images and the composition of containers: linted, and of the settings that there are.

No image is built here: that takes a container engine, and minutes of training.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.settings import ROOT, Settings

DEPLOY = ROOT / "deploy"
OURS = ("service", "actions", "rasa")


@pytest.fixture(scope="module")
def containers() -> dict[str, dict[str, Any]]:
    """The containers of compose.yaml."""
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = composed["services"]
    return found


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_the_dockerfile_has_no_faults() -> None:
    done = subprocess.run(
        [program("hadolint"), str(DEPLOY / "Dockerfile")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_the_composition_follows_the_specification() -> None:
    done = subprocess.run(
        [
            program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec",
            str(DEPLOY / "compose.yaml"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
        if source != "."
    }
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert source.split("/")[0] in allowed


def test_images_run_as_nobody_and_tell_of_their_health() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    stages = re.split(r"^FROM .* AS (\S+)$", dockerfile, flags=re.MULTILINE)
    by_name = dict(zip(stages[1::2], stages[2::2], strict=True))
    for name in ("service", "rasa"):
        assert "USER 10001" in by_name[name]
        assert "HEALTHCHECK" in by_name[name]


def test_our_containers_can_write_nowhere_and_have_no_rights(
    containers: dict[str, dict[str, Any]],
) -> None:
    for name in OURS:
        assert containers[name]["read_only"] is True
        assert containers[name]["cap_drop"] == ["ALL"]
        assert containers[name]["security_opt"] == ["no-new-privileges:true"]


def test_only_the_service_has_a_port_and_rasa_shares_its_loopback(
    containers: dict[str, dict[str, Any]],
) -> None:
    assert [name for name, one in containers.items() if "ports" in one] == ["service"]
    assert containers["service"]["ports"] == ["127.0.0.1:8080:8080"]
    for name in ("actions", "rasa"):
        assert containers[name]["network_mode"] == "service:service"
        assert list(containers[name]["environment"]) == ["RASA_TOKEN"]


def test_what_the_service_is_told_are_settings(containers: dict[str, dict[str, Any]]) -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(containers["service"]["environment"]) <= known
