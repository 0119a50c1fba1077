"""An optional transformer encoder: one vector for each text, from a pretrained Swedish BERT.

Off unless it is asked for by name in ``config.yml``. TensorFlow and transformers take seconds and
half a gigabyte to load, so they are imported when an encoder is made and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rasa.shared.exceptions import RasaException

_BATCH = 16
_MOST_TOKENS = 256
"""Tokens of a text that are read; a message of 8,000 characters is longer, few callers' are."""


class EncoderLoadError(RasaException):
    """The encoder's model can't be loaded; says which and what to do."""


class Encoder:
    """Gives texts their vectors: the mean of the last hidden layer, of length one.

    Example:
        ``Encoder.load("KB/bert-base-swedish-cased").vectors(["jag är orolig"]).shape == (1, 768)``
    """

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self._tokenizer, self._model = tokenizer, model
        self._most_tokens = min(_MOST_TOKENS, model.config.max_position_embeddings)

    @classmethod
    def load(cls, name: str) -> Encoder:
        """The encoder of a folder, or of a name on Hugging Face's hub.

        A name is fetched once and kept in the user's cache; a folder never touches the network.
        Only weights that are plain numbers are read (``tf_model.h5``, ``model.safetensors``), and
        no code that comes with a model is run.

        Raises:
            EncoderLoadError: the packages, the model or its tokenizer can't be had.
        """
        try:
            # Here and not above, since it takes seconds and memory even when it is not used.
            from transformers import AutoTokenizer, TFAutoModel  # noqa: PLC0415 - see above

            tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            model = TFAutoModel.from_pretrained(name, trust_remote_code=False)
        except (ImportError, OSError, ValueError, KeyError) as error:
            raise EncoderLoadError(
                f"bot.encoder: the encoder {name!r} can't be loaded ({type(error).__name__}). "
                "Give a folder with config.json, a tokenizer and tf_model.h5 or model.safetensors, "
                "or a name on Hugging Face's hub that this machine can reach; leave encoder_model "
                "empty to do without."
            ) from error
        return cls(tokenizer, model)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self._model.config.hidden_size)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """A row for each text, in order; float32, each of length one."""
        none = np.empty((0, self.width), dtype=np.float32)
        starts = range(0, len(texts), _BATCH)
        return np.concatenate(
            [none, *(self._encode(texts[start : start + _BATCH]) for start in starts)]
        )

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        tokens = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._most_tokens,
            return_tensors="np",
        )
        hidden = np.asarray(self._model(dict(tokens), training=False).last_hidden_state)
        # Padding has no say: only the tokens of the text itself are in the mean.
        real = tokens["attention_mask"][:, :, np.newaxis].astype(np.float32)
        means = (hidden * real).sum(axis=1) / real.sum(axis=1)
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
