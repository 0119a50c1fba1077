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
WEIGHTS_FILE: Final = "urgency.npz"
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
        known = [(self.places[name], count) for name, count in counts.items() if name in self.places]
        if not known:
            return np.zeros(len(CLASSES))
        rows = np.fromiter((place for place, _ in known), dtype=np.intp, count=len(known))
        values = np.fromiter((1 + math.log(count) for _, count in known), dtype=np.float64)
        values *= self.rarity[rows]
        values /= np.sqrt(values @ values)
        scores: npt.NDArray[np.float64] = values @ self.weights[rows]
        return scores


class UrgencyClassifier:
    """Gives each urgency its probability."""

    def __init__(
        self,
        blocks: tuple[Block, ...],
        intercept: Floats,
        calibration: npt.NDArray[np.float64],
        version: str,
    ) -> None:
        """Args: ``calibration`` has a slope and an offset for each class (Platt's scaling)."""
        self._blocks = blocks
        self._intercept = intercept
        self._calibration = calibration
        self.version = version

    def probabilities(self, reading: Reading) -> dict[Urgency, float]:
        """The probability of each urgency; they sum to 1."""
        scores = self._intercept.astype(np.float64)
        for block, counts in zip(self._blocks, features(reading).blocks, strict=True):
            scores = scores + block.score(counts)
        shares = calibrated(scores[np.newaxis, :], self._calibration)[0]
        return {urgency: float(share) for urgency, share in zip(CLASSES, shares, strict=True)}

    @classmethod
    def load(cls, folder: Path) -> UrgencyClassifier:
        """Read the trained model. Raises ``ModelError``."""
        try:
            names = json.loads((folder / NAMES_FILE).read_text(encoding="utf-8"))
            with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            blocks = tuple(
                Block(
                    {name: place for place, name in enumerate(block)},
                    arrays[f"rarity_{number}"],
                    arrays[f"weights_{number}"],
                )
                for number, block in enumerate(names["blocks"])
            )
            return cls(blocks, arrays["intercept"], arrays["calibration"], names["version"])
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"no usable urgency model in {folder}: train it anew") from error


def calibrated(
    scores: npt.NDArray[np.float64], calibration: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Scores as probabilities: a sigmoid for each class, then shares of one.

    Args:
        scores: A row for each message, a column for each class.
        calibration: Slope and offset for each class.
    """
    one_against_rest = 1 / (1 + np.exp(-(scores * calibration[:, 0] + calibration[:, 1])))
    shares: npt.NDArray[np.float64] = one_against_rest / one_against_rest.sum(axis=1, keepdims=True)
    return shares
