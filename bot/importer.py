"""The training data's importer: Rasa's own, with the examples read once."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method


class ReadOnceImporter(RasaFileImporter):
    """Rasa asks for the examples five times in a training, and reads their files each time."""

    @cached_method
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of all files."""
        return super().get_nlu_data(language)
