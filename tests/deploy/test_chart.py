"""The Helm chart, rendered by Helm: what Kubernetes takes, and what the design asks of it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.settings import ROOT, Settings

OLDEST_KUBERNETES = "1.30"
ERROR = 3


@dataclass
class Rendered:
    """What Helm made of the chart."""

    objects: list[dict[str, Any]]
    findings: list[dict[str, Any]]

    def of(self, kind: str) -> dict[str, Any]:
        [found] = [one for one in self.objects if one["kind"] == kind]
        return found

    @property
    def pod(self) -> dict[str, Any]:
        return self.of("Deployment")["spec"]["template"]["spec"]

    @property
    def containers(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in (*self.pod["initContainers"], *self.pod["containers"])}


def run_helm(values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.deploy.render"],
        cwd=ROOT, input=json.dumps(values), capture_output=True, text=True, check=False,
    )  # fmt: skip


def render(**values: Any) -> Rendered:
    done = run_helm(values)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    objects = [
        document
        for name, text in told["files"].items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]
    return Rendered(objects, told["findings"])


@pytest.fixture(scope="module")
def chart() -> Rendered:
    """The chart with its own values."""
    return render()


@pytest.fixture(scope="module")
def national() -> Rendered:
    """The chart with every part of it in use."""
    return render(
        replicas=12,
        rasaWorkers=2,
        autoscaling={"most": 40},
        images={"pullSecrets": ["registry"]},
        network={"metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
        settings={"MUNICIPALITY": "malmo"},
    )


@pytest.mark.parametrize("name", ["chart", "national"])
def test_kubernetes_takes_every_object(name: str, request: pytest.FixtureRequest) -> None:
    rendered: Rendered = request.getfixturevalue(name)
    assert [one for one in rendered.findings if one["severity"] >= ERROR] == []
    for one in rendered.objects:
        for version in (OLDEST_KUBERNETES, kubernetes_validate.latest_version()):
            kubernetes_validate.validate(one, version, strict=True)


def test_nobody_outside_the_pod_reaches_rasa_or_the_action_server(national: Rendered) -> None:
    [port] = national.of("Service")["spec"]["ports"]
    assert port["targetPort"] == "http"
    policy = national.of("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == [8080, 9464]
    assert all(rule["from"] for rule in policy["ingress"])
    offered = [name for name, one in national.containers.items() if one.get("ports")]
    assert offered == ["service"]


def test_the_measures_are_closed_unless_somebody_may_read_them(
    chart: Rendered, national: Rendered
) -> None:
    assert chart.of("ConfigMap")["data"]["METRICS_HOST"] == "127.0.0.1"
    [rule] = chart.of("NetworkPolicy")["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [8080]
    assert national.of("ConfigMap")["data"]["METRICS_HOST"] == "0.0.0.0"


def test_no_container_has_rights_that_it_does_not_need(national: Rendered) -> None:
    assert national.pod["securityContext"]["runAsNonRoot"]
    assert not national.pod["automountServiceAccountToken"]
    for container in national.containers.values():
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_rasa_and_the_action_server_know_no_secret_but_their_own(national: Rendered) -> None:
    for name, container in national.containers.items():
        if name.startswith(("rasa", "actions")):
            assert "envFrom" not in container
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted == {"scratch"}


def test_the_dialogue_is_there_before_the_service_and_until_after_it(national: Rendered) -> None:
    beside = {one["name"]: one for one in national.pod["initContainers"]}
    for name in ("actions", "rasa-1", "rasa-2"):
        assert beside[name]["restartPolicy"] == "Always"
        assert beside[name]["startupProbe"]
    for name, port in (("rasa-1", "5005"), ("rasa-2", "5006")):
        assert {"name": "RASA_PORT", "value": port} in beside[name]["env"]
    assert national.of("ConfigMap")["data"]["RASA_WORKERS"] == "2"


def test_a_pod_stays_in_service_for_acute_callers_when_rasa_or_database_is_away(
    chart: Rendered,
) -> None:
    for probe in ("readinessProbe", "livenessProbe"):
        assert chart.containers["service"][probe]["httpGet"]["path"] == "/health/live"


def test_pods_are_added_and_never_all_taken_away(chart: Rendered, national: Rendered) -> None:
    scaling = national.of("HorizontalPodAutoscaler")["spec"]
    assert (scaling["minReplicas"], scaling["maxReplicas"]) == (12, 40)
    assert "replicas" not in national.of("Deployment")["spec"]
    assert chart.of("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    alone = render(autoscaling={"enabled": False}, replicas=3)
    assert alone.of("Deployment")["spec"]["replicas"] == 3


def test_every_setting_that_the_chart_sets_is_a_setting(national: Rendered) -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(national.of("ConfigMap")["data"]) <= known


@pytest.mark.parametrize(
    "wrong",
    [
        {"replicas": 0},
        {"replicaCount": 3},
        {"images": {"service": "oroslotsen-service:latest"}},
        {"settings": {"PUBLIC_URL": "http://orolinjen.example"}},
        {"settings": {"TWILIO_AUTH_TOKEN": "not here"}},
        {"settings": {"HOST": "0.0.0.0"}},
        {"network": {"from": []}},
    ],
)
def test_values_that_would_not_do_are_refused(wrong: dict[str, Any]) -> None:
    done = run_helm(wrong)
    assert done.returncode != 0
    assert "HelmValuesError" in done.stderr
