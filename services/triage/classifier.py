"""The urgency classifier: calibrated probabilities for one reading, in numpy alone.

Training is in ``training``; what it stores is numbers (``npz``) and words (``json``), nothing that
can run.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from services.triage.concepts import Reading
from services.triage.features import features
from services.vocabulary import Urgency

CLASSES: Final = tuple(Urgency)
MODEL_FOLDER: Final = "urgency"
WEIGHTS_FILE: Final = "urgency.npz"
WORDS_FILE: Final = "real_words.npy"
NAMES_FILE: Final = "urgency.json"

type Floats = npt.NDArray[np.float32]


class ModelError(Exception):
    """The model is missing or can't be used; says what to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of features: their places, how rare each is, and its weight for each class."""

    places: dict[str, int]
    rarity: Floats
    weights: Floats

    def score(self, counts: Counter[str]) -> npt.NDArray[np.float64]:
        """The block's say for each class."""
        find = self.places.get
        rows: list[int] = []
        values: list[float] = []
        for name, count in counts.items():
            place = find(name)
            if place is not None:
                rows.append(place)
                values.append(1.0 if count == 1 else 1 + math.log(count))
        if not rows:
            return np.zeros(len(CLASSES))
        weighed = np.array(values) * self.rarity[rows]
        weighed /= np.sqrt(weighed @ weighed)
        return np.asarray(weighed @ self.weights[rows], dtype=np.float64)


class UrgencyClassifier:
    """Gives each urgency its probability."""

    def __init__(self, blocks: tuple[Block, ...], intercept: Floats, version: str) -> None:
        self._blocks = blocks
        self._intercept = intercept.astype(np.float64)
        self.version = version

    def probabilities(self, reading: Reading) -> dict[Urgency, float]:
        """The probability of each urgency; they sum to 1."""
        scores = self._intercept.copy()
        for block, names in zip(self._blocks, features(reading), strict=True):
            scores += block.score(Counter(names))
        weights = np.exp(scores - scores.max())
        shares = weights / weights.sum()
        return {urgency: float(share) for urgency, share in zip(CLASSES, shares, strict=True)}

    @classmethod
    def load(cls, folder: Path) -> UrgencyClassifier:
        """Read the trained model. Raises ``ModelError``."""
        try:
            names = json.loads((folder / NAMES_FILE).read_text(encoding="utf-8"))
            with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            if str(arrays["version"]) != names["version"]:
                raise ModelError(f"the files in {folder} are not of one training: train anew")
            blocks = tuple(
                Block(
                    {name: place for place, name in enumerate(block)},
                    arrays[f"rarity_{number}"],
                    arrays[f"weights_{number}"],
                )
                for number, block in enumerate(names["blocks"])
            )
            return cls(blocks, arrays["intercept"], names["version"])
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"no usable urgency model in {folder}: train it anew") from error
