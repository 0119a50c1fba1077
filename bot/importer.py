"""The training data's importer: Rasa's own, with the examples read once and never copied.

Rasa asks for the examples five times in a training, reads their files each time, and copies and
fingerprints every example at each step: most of a training's time, with many examples.
"""

from __future__ import annotations

import hashlib
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method
from typing_extensions import override


class ReadOnceImporter(RasaFileImporter):
    """Reads the examples once."""

    @cached_method
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of all files."""
        read = super().get_nlu_data(language)
        read.training_examples = [LastingExample(one.data) for one in read.training_examples]
        return read


class LastingExample(Message):
    """An example that no component of ours changes, so that a copy of it is itself."""

    def __deepcopy__(self, memo: dict[int, Any]) -> LastingExample:
        return self

    @override
    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """Set a property; the fingerprint is kept when that changes nothing."""
        if self.get(prop) != info:
            super().set(prop, info, add_to_output)

    def fingerprint(self) -> str:
        """A mark that is the same for the same data."""
        if self._cached_fingerprint is None:
            data = repr(sorted(self.data.items()))
            self._cached_fingerprint = hashlib.sha256(data.encode()).hexdigest()
        return self._cached_fingerprint
