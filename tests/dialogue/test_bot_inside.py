"""What only Rasa's own environment can tell: what is left after a turn, and how a model is read."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from services.cli.processes import RASA_PYTHON, rasa_environment
from services.settings import ROOT, Settings
from tests.dialogue.conftest import TOKEN, RasaSide, free_port

NOTHING_IS_LEFT = """
import asyncio, gc, sys
from uuid import uuid4
from rasa.core.agent import load_agent
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.trackers import DialogueStateTracker
from bot.channel import OroslotsenInput, SilentTurnError
from bot.turn_request import TurnRequest

async def main(model):
    channel = OroslotsenInput.from_credentials({"token": "x"})
    agent = await load_agent(model, endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"))

    async def turn(intent, handle=agent.handle_message):
        wanted = TurnRequest(uuid4(), "-", intent, None, {}, None)
        return await channel._answer(agent, wanted, handle)

    async def broken(message):
        await agent.handle_message(message)
        raise RuntimeError("after the turn")

    faults = 0
    for intent in ("sekretess", "prata_med_manniska", "hej") * 5:
        try:
            await turn(intent)
        except SilentTurnError:
            faults += 1
    assert faults == 5, faults  # no action server here: the form can't start
    try:
        await turn("hej", broken)
    except RuntimeError:
        pass
    gc.collect()
    left = [one for one in gc.get_objects() if isinstance(one, DialogueStateTracker)]
    assert left == [], len(left)
    assert agent.lock_store.conversation_locks == {}

asyncio.run(main(sys.argv[1]))
"""

A_MODEL_IS_READ_BACK_OR_REFUSED = """
import sys
from pathlib import Path
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from bot.intent_classifier import Classifier, ClassifierLoadError, _read, _store

folder = Path(sys.argv[1])
storage, resource = LocalModelStorage.create(folder), Resource("classifier")
texts = ["ring mig i dag", "ring mig sen", "skriv till mig", "skriv hit", "kom hem", "kom nu"]
intents = ["ring", "ring", "skriv", "skriv", "kom", "kom"]
urgencies = ["oro", "oro", "info", "info", "akut", None]
trained = Classifier.trained_on(texts, intents, urgencies)
_store(trained, storage, resource)
again = _read(storage, resource)
assert again.ranking("ring oss", "oro") == trained.ranking("ring oss", "oro")
# Words alone tell two intents apart no better than the judged urgency does.
assert again.ranking("ring eller skriv", "oro")[0]["name"] == "ring"
assert again.ranking("ring eller skriv", "info")[0]["name"] == "skriv"
assert abs(sum(one["confidence"] for one in again.ranking("ring", "oro")) - 1) < 1e-6
assert again.ranking("Ж")[0]["confidence"] < 0.4
assert again.ranking("ring oss")[0]["name"] == "ring"
assert sorted(path.suffix for path in (folder / "classifier").iterdir()) == [".json", ".npz"]

names = folder / "classifier" / "classifier.json"
whole = names.read_text()
for broken in ("", "{}", whole.replace('"intents": [', '"intents": ["x", ')):
    names.write_text(broken)
    try:
        _read(storage, resource)
    except ClassifierLoadError:
        continue
    raise AssertionError("a broken model was read")
names.unlink()
try:
    _read(storage, resource)
except ClassifierLoadError:
    sys.exit(0)
raise AssertionError("a missing model was read")
"""

AN_EXAMPLE_IS_KNOWN_BY_ITS_DATA = """
import copy
from bot.importer import LastingExample

one = LastingExample({"text": "ring mig", "intent": "ring"})
same = LastingExample({"intent": "ring", "text": "ring mig"})
assert one.fingerprint() == same.fingerprint() and one == same
assert copy.deepcopy([one])[0] is one
mark = one.fingerprint()
one.set("intent", "ring")
assert one.fingerprint() == mark
one.set("intent", "skriv")
assert one.fingerprint() != mark and one != same
"""

RULES_ARE_FOUND_AS_RASA_FINDS_THEM = """
import json, random, sys, tarfile
from rasa.core.policies.rule_policy import RulePolicy
from bot import rule_lookup

with tarfile.open(sys.argv[1]) as model:
    [name] = [one for one in model.getnames() if one.endswith("rule_policy.json")]
    learnt = json.load(model.extractfile(name))["lookup"]
lookups = [learnt["rules"], learnt["rules_for_loop_unhappy_path"]]
seen = [state for one in lookups for key in one for state in json.loads(key)]

def tupled(state):
    return {
        kind: {k: tuple(v) if isinstance(v, list) else v for k, v in part.items()}
        for kind, part in state.items()
    }

policy = RulePolicy.__new__(RulePolicy)
choose = random.Random(1)
found = 0
for _ in range(1500):
    states = [tupled(choose.choice(seen)) for _ in range(choose.randrange(4))]
    if choose.random() < 0.5:  # as in a rule that was learnt
        states += [tupled(one) for one in json.loads(choose.choice(list(lookups[0])))]
    for lookup in lookups:
        fitting = rule_lookup._possible_keys(policy, lookup, states)
        assert fitting == rule_lookup._try_every(policy, lookup, states), states
        found += bool(states and fitting)
assert found > 500, found
"""

GRAPHS_GIVE_WHAT_DASK_GIVES = """
import asyncio, sys
from uuid import uuid4
from rasa.core.agent import load_agent
from rasa.core.utils import AvailableEndpoints
from rasa.engine.runner.dask import DaskGraphRunner
by_dask = DaskGraphRunner.run
from bot.channel import OroslotsenInput
from bot.turn_request import TurnRequest

def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items() if name != "timestamp"}
    if hasattr(value, "__dict__"):
        return type(value).__name__, plain(vars(value))
    return str(value)

async def main(model):
    channel = OroslotsenInput.from_credentials({"token": "x"})
    in_order = DaskGraphRunner.run
    assert in_order is not by_dask
    targets = set()

    def both(runner, inputs=None, targets_=None, **named):
        wanted = named.get("targets", targets_)
        mine = in_order(runner, inputs, wanted)
        rasas = by_dask(runner, inputs, wanted)
        assert list(mine) == list(rasas)
        assert plain(mine) == plain(rasas)
        targets.update(mine)
        return mine

    DaskGraphRunner.run = both
    agent = await load_agent(model, endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"))
    for text, choice in (("hej", None), ("vad är sekretess", None), (None, "sekretess")):
        wanted = TurnRequest(uuid4(), text or "-", choice, None, {}, None)
        assert (await channel._answer(agent, wanted, agent.handle_message))["directives"]
    assert len(targets) >= 2, targets

asyncio.run(main(sys.argv[1]))
"""


async def _run(script: str, *arguments: str) -> None:
    environment = rasa_environment(Settings(actions_port=free_port()), TOKEN)
    ran = await asyncio.to_thread(
        subprocess.run,
        [str(RASA_PYTHON), "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-1500:]


async def test_nothing_of_a_turn_is_left_in_rasa_also_after_a_fault(rasa_side: RasaSide) -> None:
    await _run(NOTHING_IS_LEFT, str(rasa_side.model))


async def test_a_classifier_is_read_back_as_it_was_and_a_broken_one_is_refused(
    tmp_path: Path,
) -> None:
    await _run(A_MODEL_IS_READ_BACK_OR_REFUSED, str(tmp_path))


async def test_an_example_is_known_by_its_data_and_never_copied() -> None:
    await _run(AN_EXAMPLE_IS_KNOWN_BY_ITS_DATA)


async def test_rules_are_found_as_rasa_finds_them(rasa_side: RasaSide) -> None:
    await _run(RULES_ARE_FOUND_AS_RASA_FINDS_THEM, str(rasa_side.model))


async def test_the_graph_gives_what_it_gives_when_dask_runs_it(rasa_side: RasaSide) -> None:
    await _run(GRAPHS_GIVE_WHAT_DASK_GIVES, str(rasa_side.model))
