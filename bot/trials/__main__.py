"""``python -m bot.trials measure|weigh CONTENDER FOLDER...``.

Each folder holds ``train.jsonl`` (``{"text", "label"}`` a line) and ``test.jsonl`` (``{"text"}``).

``measure`` trains on the one, guesses the other, and writes ``CONTENDER.json`` beside them:
``{"guesses": [label, ...], "training_seconds": ...}``; the model is kept in ``CONTENDER/``.
Training is told in the processor's time, so that other work on the machine does not count; a
message in the clock's, since the processor's is counted in steps longer than one.
``weigh`` reads such a model in this fresh process, guesses the messages one by one and writes
``CONTENDER.weight.json``: ``{"milliseconds": median, "megabytes": most memory}``.
A line on standard output tells of each folder that is done.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

_WARM_UP = 20
"""Messages before the clock starts: the first ones pay for what is set up at first use."""


def _contender(name: str) -> Any:
    # Imported when it is known which: a scikit-learn model must not be weighed with Rasa beside it.
    from bot.trials.scikit_learn import MODELS, ScikitContender  # noqa: PLC0415 - see above

    if name in MODELS:
        return ScikitContender
    from bot.trials.rasa_pipelines import RasaContender  # noqa: PLC0415 - see above

    return RasaContender


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Train on a folder's messages and guess its others."""
    examples = _lines(folder / "train.jsonl")
    texts, labels = [one["text"] for one in examples], [one["label"] for one in examples]
    began = time.process_time()
    trained = _contender(name).trained(name, texts, labels, folder / name)
    seconds = time.process_time() - began
    guesses = trained.guesses([one["text"] for one in _lines(folder / "test.jsonl")])
    return {"guesses": guesses, "training_seconds": seconds}


def weigh(name: str, folder: Path) -> dict[str, Any]:
    """Read a kept model and ask it about a folder's messages."""
    texts = [one["text"] for one in _lines(folder / "test.jsonl")]
    trained = _contender(name).load(folder / name)
    times = []
    for text in (*texts[:_WARM_UP], *texts):
        began = time.perf_counter()
        trained.guesses([text])
        times.append((time.perf_counter() - began) * 1000)
    return {
        "milliseconds": statistics.median(times[min(_WARM_UP, len(texts)) :]),
        "megabytes": _most_memory(),
    }


def _most_memory() -> float:
    # Linux's own high-water mark of this program; getrusage would count the parent's as well.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _main(what: str, name: str, *folders: str) -> None:
    work, ending = (weigh, ".weight.json") if what == "weigh" else (measure, ".json")
    for folder in map(Path, folders):
        result = work(name, folder)
        (folder / f"{name}{ending}").write_text(json.dumps(result), encoding="utf-8")
        print(f"done {folder.name}", flush=True)


_main(*sys.argv[1:])
