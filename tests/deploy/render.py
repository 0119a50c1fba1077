"""``python -m tests.deploy.render < values.json``: the chart as Helm renders it, as JSON.

A process of its own: Helm is Go, and takes over a process's signals.
"""

from __future__ import annotations

import json
import sys

from helm_python import Chart, lint

from services.settings import ROOT

CHART = ROOT / "deploy" / "helm" / "oroslotsen"


def main() -> None:
    values = json.load(sys.stdin)
    rendered = Chart.load(CHART).render(values, name="orolinjen", namespace="hjalp")
    findings = lint(CHART, values, strict=True)["messages"]
    json.dump({"files": rendered, "findings": findings}, sys.stdout)


if __name__ == "__main__":
    main()
