# SPDX-License-Identifier: Apache-2.0
"""The configuration: what is wrong is said with its key and what to write instead, and no secret is in it."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane import config as configuration
from douane.errors import ConfigRejected, DouaneError

CANARY = "sk-canary-0123456789"


def written(tmp_path: Path, **changes: Any) -> Path:
    value: dict[str, Any] = {
        "log": {"path": "log.sqlite"},
        "callers": [{"tenant": "acme", "app": "letters"}],
        "destinations": [{"id": "paris", "base_url": "http://127.0.0.1:1/v1"}],
        "models": {"small": [{"destination": "paris"}]},
    }
    value |= changes
    path = tmp_path / "douane.yaml"
    path.write_text(yaml.safe_dump({name: part for name, part in value.items() if part is not None}))
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = configuration.read(written(tmp_path, policies={"path": "rules"}))
    assert (config.log.path, config.policies.path) == (tmp_path / "log.sqlite", tmp_path / "rules")


def test_facts_that_are_not_declared_are_unknown(tmp_path: Path) -> None:
    (entry,) = configuration.read(written(tmp_path)).destinations
    assert (entry.inference, entry.storage, entry.controller, entry.retention_days) == (("UNKNOWN",), ("UNKNOWN",), "UNKNOWN", None)


def test_labels_and_the_basis_of_a_transfer_are_facts_of_the_exchange(tmp_path: Path) -> None:
    destination = {"id": "paris", "base_url": "http://a/v1", "transfer_basis": "scc"}
    path = written(tmp_path, destinations=[destination], callers=[{"tenant": "a", "app": "b", "labels": ["children", "health"]}])
    border = configuration.compose(configuration.read(path), {})
    try:
        assert border.callers.identify("").labels == ("children", "health")
        assert [candidate.transfer_basis for candidate in border.routes.candidates("small")] == ["scc"]
    finally:
        border.close()


def test_a_transfer_has_no_basis_until_one_is_declared(tmp_path: Path) -> None:
    (entry,) = configuration.read(written(tmp_path)).destinations
    assert entry.transfer_basis == "none"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"listne": {}}, "listne"),
        ({"listen": {"port": "many"}}, "listen.port"),
        ({"destinations": None}, "destinations"),
        ({"callers": []}, "callers"),
        ({"callers": [{"tenant": "a", "app": "b"}, {"tenant": "a", "app": "c"}]}, "key_env"),
        ({"listen": {"host": "0.0.0.0"}}, "off loopback everyone needs a key"),
        ({"models": {"small": [{"destination": "rome"}]}}, "rome"),
        ({"destinations": [{"id": "paris", "base_url": "https://user:pw@api.example/v1"}]}, "without credentials"),
        ({"destinations": [{"id": "paris", "base_url": "http://a/v1", "inference": ["France"]}]}, "destinations.0.inference"),
        ({"destinations": [{"id": "oslo", "base_url": "http://a/v1", "inference": [False]}]}, '"NO" for Norway'),
        ({"destinations": [{"id": "oslo", "base_url": "http://a/v1", "seat": False}]}, '"NO" for Norway'),
        ({"detectors": {"presidio_deadline_ms": 60_000}}, "detectors.presidio_deadline_ms"),
        ({"destinations": [{"id": "paris", "base_url": "http://a/v1"}] * 2}, "twice"),
        ({"destinations": [{"id": "paris", "base_url": "http://a/v1", "transfer_basis": "consent"}]}, "destinations.0.transfer_basis"),
        ({"callers": [{"tenant": "a", "app": "b", "labels": ["two words"]}]}, "callers.0.labels.0"),
    ],
)
def test_a_wrong_configuration_names_the_key(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigRejected) as caught:
        configuration.read(written(tmp_path, **changes))
    assert told in str(caught.value)


def test_a_key_written_into_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = written(tmp_path, destinations=[{"id": "paris", "base_url": "http://a/v1", "key": CANARY}])
    with pytest.raises(ConfigRejected) as caught:
        configuration.read(path)
    assert CANARY not in str(caught.value)
    assert "destinations.0.key" in str(caught.value)


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "douane.yaml"
    path.write_text("models:\n  small: [}\n")
    with pytest.raises(ConfigRejected, match="line 2"):
        configuration.read(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigRejected, match="name a file that exists"):
        configuration.read(tmp_path / "none.yaml")


def test_a_key_that_is_not_in_the_environment_stops_the_start(tmp_path: Path) -> None:
    config = configuration.read(written(tmp_path, callers=[{"tenant": "a", "app": "b", "key_env": "APP_KEY"}]))
    with pytest.raises(ConfigRejected, match="APP_KEY"):
        configuration.compose(config, {})


def test_two_callers_may_not_share_a_key(tmp_path: Path) -> None:
    callers = [{"tenant": "a", "app": "b", "key_env": "ONE"}, {"tenant": "a", "app": "c", "key_env": "TWO"}]
    with pytest.raises(ConfigRejected, match="another caller"):
        configuration.compose(configuration.read(written(tmp_path, callers=callers)), {"ONE": CANARY, "TWO": CANARY})


def test_keys_of_endpoints_are_in_no_repr(tmp_path: Path) -> None:
    path = written(tmp_path, destinations=[{"id": "paris", "base_url": "http://a/v1", "key_env": "PARIS_KEY"}])
    border = configuration.compose(configuration.read(path), {"PARIS_KEY": CANARY})
    try:
        assert border.routes.endpoints["paris"].key == CANARY
        assert CANARY not in repr(border)
    finally:
        border.close()


def test_a_recogniser_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    config = configuration.read(written(tmp_path, detectors={"presidio_recognizers": ["EmailRecogniser"]}))
    with pytest.raises(ConfigRejected, match=r"`EmailRecogniser` is not offered.*EmailRecognizer"):
        configuration.compose(config, {})


def test_settings_for_an_opa_server_are_refused_rather_than_ignored(tmp_path: Path) -> None:
    config = configuration.read(written(tmp_path, policies={"engine": "opa", "settings": {"residency": {}}}))
    with pytest.raises(ConfigRejected, match="policy build --settings"):
        configuration.compose(config, {})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"vault": {"path": "vault.sqlite"}}, "DOUANE_VAULT_KEY"),
        ({"vault": {"path": "vault.sqlite", "key_envs": ["KEY"]}, "policies": {"path": "nowhere"}}, "nowhere"),
    ],
)
def test_what_is_refused_leaves_no_file_open(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(DouaneError, match=told):
        configuration.compose(configuration.read(written(tmp_path, **changes)), {"KEY": sha256(b"a test").hexdigest()})
    held = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
    assert not any(str(tmp_path) in target for target in held)
