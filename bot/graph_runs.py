"""The model's graph is run node after node, in an order that is worked out once.

Rasa 3.6.21 gives the graph to dask each time it is run, three times a message: dask works the order
out anew, and Rasa writes the whole message and conversation out for a log line that nobody reads.
That is a sixth of what a turn costs (measured).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner


class _Step(NamedTuple):
    name: str
    needs: tuple[str, ...]


def run_graphs_in_order() -> None:
    """Do so from now on."""
    DaskGraphRunner.run = _run


def _run(
    runner: DaskGraphRunner,
    inputs: Optional[dict[str, Any]] = None,
    targets: Optional[list[str]] = None,
) -> dict[str, Any]:
    """Run what the targets need; see Rasa's ``GraphRunner.run``."""
    wanted = tuple(targets or runner._graph_schema.target_names)  # noqa: SLF001 - no seam for it
    done = {name: (name, value) for name, value in (inputs or {}).items()}
    for step in _steps(runner, wanted):
        missing = [need for need in step.needs if need not in done]
        if missing:
            raise GraphRunError(f"{step.name} needs {', '.join(missing)}, which nobody gives.")
        node = runner._instantiated_nodes[step.name]  # noqa: SLF001 - as above
        done[step.name] = node(*(done[need] for need in step.needs))
    return dict(done[target] for target in wanted)


def _steps(runner: DaskGraphRunner, targets: tuple[str, ...]) -> tuple[_Step, ...]:
    """The nodes that the targets need, each after those that it needs itself."""
    plans: dict[tuple[str, ...], tuple[_Step, ...]] = runner.__dict__.setdefault("_plans", {})
    if targets not in plans:
        nodes = runner._graph_schema.nodes  # noqa: SLF001 - as above
        steps: dict[str, _Step] = {}

        def add(name: str) -> None:
            if name in steps or name not in nodes:
                return  # an input has no node
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                add(need)
            steps[name] = _Step(name, needs)

        for target in targets:
            add(target)
        plans[targets] = tuple(steps.values())
    return plans[targets]
