"""No password, token or key stands in a tracked file.

The search is detect-secrets'. What an example or a test calls a secret is made up, and known by
being a word: real ones have neither spaces nor a meaning.
"""

from __future__ import annotations

import re
import secrets
import string
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from services.settings import ROOT

PLUGINS = (
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "Base64HighEntropyString",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "HexHighEntropyString",
    "JwtTokenDetector",
    "KeywordDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "TwilioKeyDetector",
)
"""Those that this service or its work could have, and the ones that know a secret by its look."""
HEURISTICS = (
    "is_indirect_reference",
    "is_not_alphanumeric_string",
    "is_potential_uuid",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_templated_secret",
)
MADE_UP = [r"^(?!BEGIN ).*\s", "^password$", "^oroslotsen$", "^Redis$"]
SETTINGS = {
    "plugins_used": [{"name": name} for name in PLUGINS],
    "filters_used": [
        *({"path": f"detect_secrets.filters.heuristic.{name}"} for name in HEURISTICS),
        {"path": "detect_secrets.filters.regex.should_exclude_secret", "pattern": MADE_UP},
    ],
}
NOT_READ = re.compile(
    r"^data/(nlu|evaluation)/|(^|/)uv\.lock$|/package-lock\.json$|\.(png|svg|ico|woff2)$"
)
"""Messages to learn from; files of checksums; pictures."""
SUSPICIOUS = re.compile(
    r"(?i)passw|secret|token|api.?key|credential|begin|akia|gh[a-z]_|glpat|xox|eyj|://[^/\s]*:[^/\s]*@"
    r"|(?=[a-z0-9+/=_-]{20})[a-z+/=_-]*[0-9][a-z0-9+/=_-]{10}"
)
"""Lines that could hold one: the search proper takes a millisecond for each that it reads."""
BARE = re.compile(r"([:=]\s*)([A-Za-z0-9+/=_-]{8,})\s*$")
"""A value without quotes, as settings have them; the search wants to see quotes."""
CODE = {".py", ".js"}
"""Here a value without quotes is a name."""
MASTER_KEY = re.compile(rb"^[0-9a-f]{64}\s*$", re.MULTILINE)
NEVER_TRACKED = re.compile(r"(^|/)\.env$|\.(key|keys|pem|p12|pfx|db|sqlite|backup)$|(^|/)var/")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert "services/settings.py" in files
    return files


def found_in(paths: Iterable[Path], folder: Path) -> list[str]:
    """Where the search finds something; ``folder`` is for its working copy."""
    lines = [
        (f"{path}:{number} ", line if path.suffix in CODE else BARE.sub(r'\1"\2"', line))
        for path in paths
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if SUSPICIOUS.search(line)
    ]
    copy = folder / "lines.py"
    copy.write_text("".join(f"{line}\n" for _, line in lines), encoding="utf-8")
    found = SecretsCollection()
    with transient_settings(SETTINGS):
        found.scan_file(str(copy))
    return sorted({lines[secret.line_number - 1][0] + secret.type for _, secret in found})


def test_no_tracked_file_holds_a_secret(tracked: list[str], tmp_path: Path) -> None:
    read = (ROOT / name for name in tracked if not NOT_READ.search(name))
    assert found_in(read, tmp_path) == []


def test_no_tracked_file_is_a_key_a_database_or_somebodys_settings(tracked: list[str]) -> None:
    assert [name for name in tracked if NEVER_TRACKED.search(name)] == []
    assert [name for name in tracked if MASTER_KEY.search((ROOT / name).read_bytes())] == []


def letters(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


PLANTED = {
    "a Twilio token": f'TWILIO_AUTH_TOKEN = "{letters("0123456789abcdef", 32)}"',
    "a Twilio account": f"sid: AC{letters('0123456789abcdef', 32)}",
    "a database's password": f"postgresql://oro:{letters(string.ascii_letters, 16)}@db/oro",
    "a private key": "-----BEGIN EC " + "PRIVATE KEY-----",
    "a token without quotes": f"RASA_TOKEN={letters(string.ascii_letters + string.digits, 43)}",
    "a webhook's secret": f"webhook_secret = '{letters(string.ascii_letters + string.digits, 32)}'",
    "a GitHub token": f"ghp_{letters(string.ascii_letters, 36)}",
}


@pytest.mark.parametrize("what", PLANTED)
def test_the_search_finds(what: str, tmp_path: Path) -> None:
    path = tmp_path / "planted"
    path.write_text(f"# nothing here\n{PLANTED[what]}\n", encoding="utf-8")
    found = found_in([path], tmp_path)
    assert found
    assert all(one.startswith(f"{path}:2 ") for one in found)
