"""Logs say what happened and where, never what a caller wrote."""

from __future__ import annotations

import errno
import io
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


class FullDisk(io.StringIO):
    """A file on a disk without a free byte."""

    def write(self, _words: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("library", [True, False])
def test_a_log_that_can_not_be_written_stops_nothing(monkeypatch, library: bool) -> None:
    monkeypatch.setattr("sys.stderr", FullDisk())
    configure_logs("INFO")
    if library:
        logging.getLogger("some.library").error("the disk is full")
    else:
        structlog.get_logger("ours").error("the_disk_is_full")
