"""The optional encoder: vectors of texts by a model of the operator's choice; off by default."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.settings import ROOT, Settings

MAKE_A_TINY_BERT = """
import sys
from pathlib import Path
import tensorflow as tf
from transformers import BertConfig, BertTokenizerFast, TFBertModel

folder = Path(sys.argv[1])
words = "[PAD] [UNK] [CLS] [SEP] [MASK] jag är orolig för min bror son ##en vad gör ni".split()
(folder / "vocab.txt").write_text("\\n".join(words), encoding="utf-8")
BertTokenizerFast(str(folder / "vocab.txt"), strip_accents=False).save_pretrained(folder)
tf.keras.utils.set_random_seed(1)
model = TFBertModel(BertConfig(
    vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=64, max_position_embeddings=24,
))
model(tf.constant([[2, 5, 3]]))
model.save_pretrained(folder, safe_serialization=sys.argv[2] == "safetensors")
"""

VECTORS_ARE_RIGHT = """
import sys
import numpy as np
from bot.encoder import Encoder

encoder = Encoder.load(sys.argv[1])
texts = ["jag är orolig", "vad gör ni", "jag är orolig för min bror", "", "min son " * 200]
vectors = encoder.vectors(texts)
assert vectors.shape == (5, 32) == (5, encoder.width) and vectors.dtype == np.float32
assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
# Alone or beside longer texts: padding has no say.
alone = np.concatenate([encoder.vectors([text]) for text in texts])
assert np.allclose(vectors, alone, atol=1e-5), abs(vectors - alone).max()
assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
# The mean of the last hidden layer, counted here by hand.
tokens = encoder._tokenizer("vad gör ni", return_tensors="np")
hidden = np.asarray(encoder._model(dict(tokens)).last_hidden_state)[0].mean(axis=0)
assert np.allclose(vectors[1], hidden / np.linalg.norm(hidden), atol=1e-5)
# More texts than are read at once; order is kept.
many = encoder.vectors(texts[:3] * 20)
assert np.allclose(many, np.tile(vectors[:3], (20, 1)), atol=1e-5)
assert encoder.vectors([]).shape == (0, 32)
"""

WHAT_IS_MISSING_IS_TOLD = """
import sys
from bot.encoder import Encoder, EncoderLoadError

try:
    Encoder.load(sys.argv[1])
except EncoderLoadError as error:
    assert sys.argv[1] in str(error) and "ENCODER_MODEL" in str(error), error
else:
    raise AssertionError("an encoder was made of nothing")
"""

THE_CLASSIFIER_LEARNS_AND_READS_VECTORS = """
import sys
from pathlib import Path
import numpy as np
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from bot.encoder import Encoder
from bot.intent_classifier import Classifier, _read, _store

texts = ["jag är orolig för min bror", "min son är orolig", "vad gör ni", "vad är en bror"] * 3
intents = ["oro", "oro", "fraga", "begrepp"] * 3
encoder = Encoder.load(sys.argv[1])
trained = Classifier.trained_on(texts, intents, [None] * 12, encoder)
without = Classifier.trained_on(texts, intents, [None] * 12)
assert len(trained.weights) == len(without.weights) + encoder.width
assert trained.ranking("jag är orolig")[0]["name"] == "oro"
# Words that no training message has: only the vector tells texts apart.
assert trained.ranking("ej känt") != without.ranking("ej känt")

storage, resource = LocalModelStorage.create(Path(sys.argv[2])), Resource("classifier")
_store(trained, storage, resource)
again = _read(storage, resource)
assert again.encoder.name == sys.argv[1]
for text in texts + ["en bror"]:
    one, other = trained.ranking(text), again.ranking(text)
    assert [r["name"] for r in one] == [r["name"] for r in other]
    assert np.allclose([r["confidence"] for r in one], [r["confidence"] for r in other])
"""

NOTHING_IS_LOADED_BEFORE_IT_IS_ASKED_FOR = """
import sys
import bot.encoder
assert "tensorflow" not in sys.modules
import bot.intent_classifier
assert "transformers" not in sys.modules
"""


def run(script: str, *arguments: object) -> None:
    environment = rasa_environment(Settings(), SecretStr("a-token-for-tests"))
    ran = subprocess.run(
        [str(RASA_PYTHON), "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=environment | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2500:]


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of 2 layers, 32 wide, that has learnt nothing."""
    folder = tmp_path_factory.mktemp("tiny")
    run(MAKE_A_TINY_BERT, folder, "h5")
    return folder


def test_texts_get_the_mean_of_the_last_layer_of_length_one(tiny_bert: Path) -> None:
    run(VECTORS_ARE_RIGHT, tiny_bert)


def test_the_classifier_learns_and_reads_vectors_when_an_encoder_is_named(
    tiny_bert: Path, tmp_path: Path
) -> None:
    run(THE_CLASSIFIER_LEARNS_AND_READS_VECTORS, tiny_bert, tmp_path)


def test_weights_as_safetensors_are_read_too(tmp_path: Path) -> None:
    run(MAKE_A_TINY_BERT, tmp_path, "safetensors")
    assert (tmp_path / "model.safetensors").exists()
    run(VECTORS_ARE_RIGHT, tmp_path)


@pytest.mark.parametrize(
    "broken",
    [("*",), ("config.json",), ("*token*", "vocab.txt"), ("tf_model.h5",)],
    ids=["everything", "configuration", "tokenizer", "weights"],
)
def test_a_model_that_cannot_be_loaded_is_named_with_what_to_do(
    tiny_bert: Path, tmp_path: Path, broken: tuple[str, ...]
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "broken")
    for path in (path for pattern in broken for path in folder.glob(pattern)):
        path.write_bytes(b"{")
    run(WHAT_IS_MISSING_IS_TOLD, folder)


def test_a_name_that_cannot_be_reached_is_named_with_what_to_do() -> None:
    run(WHAT_IS_MISSING_IS_TOLD, "no-such/encoder")


def test_nothing_heavy_is_loaded_until_an_encoder_is_asked_for() -> None:
    run(NOTHING_IS_LOADED_BEFORE_IT_IS_ASKED_FOR)
