"""``make sbom``: what the program consists of, in CycloneDX, outside git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.settings import ROOT


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sbom")
    subprocess.run(["make", "--silent", "sbom", f"SBOM={folder}"], cwd=ROOT, check=True)
    return folder


def components(bill: Path) -> dict[str, dict[str, Any]]:
    found = json.loads(bill.read_text(encoding="utf-8"))
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.5")
    return {one["name"]: one for one in found["components"]}


def test_each_environment_has_its_own_bill(bills: Path) -> None:
    service, rasa = components(bills / "service.cdx.json"), components(bills / "rasa.cdx.json")
    assert {"aiohttp", "cryptography", "sqlalchemy", "spacy", "rasa-sdk"} <= set(service)
    assert {"rasa", "sanic", "tensorflow"} <= set(rasa)
    assert "rasa" not in service
    assert rasa["rasa"]["version"] == "3.6.21"


def test_what_only_tests_need_is_not_in_the_bill(bills: Path) -> None:
    assert not {"pytest", "playwright", "detect-secrets"} & set(
        components(bills / "service.cdx.json")
    )


@pytest.mark.parametrize("name", ["service", "rasa"])
def test_each_component_can_be_found_and_its_files_be_checked(bills: Path, name: str) -> None:
    found = components(bills / f"{name}.cdx.json").values()
    assert all(one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}" for one in found)
    files = [file for one in found for file in one.get("externalReferences", ())]
    assert len(files) > len(found)
    assert all(file["hashes"][0]["alg"] == "SHA-256" for file in files)


def test_the_bills_folder_is_outside_git() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "sbom/service.cdx.json"], cwd=ROOT, check=False, capture_output=True
    )
    assert ignored.returncode == 0
