"""Logs say what happened and where, never what a caller wrote."""

from __future__ import annotations

import logging

import pytest
import structlog

from services.logs import configure_logs


@pytest.fixture(autouse=True)
def as_they_were():
    """Put the logging of the test run back as it was."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def fail_on(words: str) -> None:
    raise ValueError(f"could not read {words!r}")


@pytest.mark.parametrize("library", [True, False])
def test_a_failure_is_logged_with_its_place_and_without_its_message(capsys, library: bool) -> None:
    configure_logs("INFO")
    try:
        fail_on("hemliga ord")
    except ValueError as error:
        if library:
            logging.getLogger("some.library").exception("it failed")
        else:
            structlog.get_logger("ours").error("it_failed", exc_info=error)
    written = capsys.readouterr().err
    assert "ValueError at test_logs.py:" in written
    assert "hemliga" not in written
