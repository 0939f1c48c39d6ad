# SPDX-License-Identifier: Apache-2.0
"""Policies that change under traffic: checked before they are active, swapped at once, and never half of two in one exchange."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from douane.decision import Policies
from douane.errors import BundleRejected, PolicyFailed, SourceUnreachable
from douane.exchange import Principal
from douane.policy.bundles.bundle import Bundle
from douane.policy.bundles.settings_file import SettingsFile
from douane.policy.bundles.source import Fetched
from douane.policy.live import Live

WHO = Principal("acme", "letters")


def bundle(name: str) -> Bundle:
    return Bundle((("main.rego", name),), (), "{}", name, f"sha256:{name}")


@dataclass(slots=True)
class Shelf:
    """A source that holds what a test puts there."""

    held: Bundle | None
    failing: Exception | None = None
    asked: list[str | None] = field(default_factory=list)
    waits: bool = False

    def close(self) -> None:
        pass

    def fetch(self, known: str | None) -> Fetched | None:
        self.asked.append(known)
        if self.failing is not None:
            raise self.failing
        if self.held is None or known == self.held.digest:
            return None
        return Fetched(self.held, self.held.digest)


@dataclass(slots=True)
class Engine:
    """An engine that says which policies it has."""

    bundle: Bundle
    settings: Mapping[str, object] = field(default_factory=dict)
    is_closed: bool = False
    name: str = "fake"

    @property
    def revision(self) -> str:
        return self.bundle.revision

    @property
    def digest(self) -> str:
        return self.bundle.digest

    def start(self) -> None:
        if self.bundle.revision == "unstartable":
            raise BundleRejected("cannot be loaded")

    def is_ready(self) -> bool:
        return not self.is_closed

    def evaluate(self, document: str) -> str:
        if self.is_closed:
            raise PolicyFailed("closed", cause_code="crash")
        return json.dumps(self.bundle.revision)

    def close(self) -> None:
        self.is_closed = True


class World:
    """Policies on a shelf, and every engine that was built of them."""

    def __init__(
        self,
        *,
        settings: SettingsFile | None = None,
        preflight: Callable[[Bundle], None] = lambda _: None,
        rehearse: Callable[[Policies], None] = lambda _: None,
    ) -> None:
        self.shelf = Shelf(bundle("one"))
        self.engines: list[Engine] = []
        self.live = Live("active", self.shelf, settings=settings, build=self.build, preflight=preflight, rehearse=rehearse, period=0)

    def build(self, of: Bundle, settings: Mapping[str, object]) -> tuple[Engine, None]:
        if settings.get("ops") == "bad":
            raise BundleRejected("the settings are bad")
        self.engines.append(Engine(of, settings))
        return self.engines[-1], None

    def put(self, name: str) -> bool:
        self.shelf.held = bundle(name)
        return self.live.refresh()

    def decides(self) -> Any:
        lease = self.live.lease(WHO)
        try:
            return json.loads(lease.evaluate("{}"))
        finally:
            lease.end()


@pytest.fixture
def world() -> World:
    one = World()
    one.live.start()
    return one


def test_newer_policies_decide_what_begins_after_them(world: World) -> None:
    assert world.decides() == "one"
    assert world.put("two")
    assert world.decides() == "two"
    assert world.live.status().activations == 2


def test_an_exchange_keeps_the_policies_that_it_began_with(world: World) -> None:
    lease = world.live.lease(WHO)
    world.put("two")
    world.put("three")
    assert json.loads(lease.evaluate("{}")) == "one"
    assert (lease.revision, lease.digest) == ("one", "sha256:one")
    assert not world.engines[0].is_closed
    assert world.engines[1].is_closed  # nobody held it
    lease.end()
    lease.end()
    assert world.engines[0].is_closed
    with pytest.raises(PolicyFailed):
        lease.evaluate("{}")


@pytest.mark.parametrize("what", ["preflight", "start", "rehearse"])
def test_policies_that_fail_on_the_way_are_refused_and_the_last_good_ones_go_on(what: str) -> None:
    def refuse(name: str) -> Callable[[Any], None]:
        def check(of: Any) -> None:
            if what == name and of.revision == "bad":
                raise BundleRejected(f"{name} says no")

        return check

    world = World(preflight=refuse("preflight"), rehearse=refuse("rehearse"))
    world.live.start()
    assert not world.put("unstartable" if what == "start" else "bad")
    assert world.decides() == "one"
    status = world.live.status()
    assert (status.revision, status.refusals) == ("one", 1)
    assert ("cannot be loaded" if what == "start" else f"{what} says no") in status.error
    assert all(engine.is_closed for engine in world.engines[1:])
    assert world.put("two")
    assert world.live.status().error == ""


def test_a_refused_bundle_is_not_loaded_at_each_look(world: World) -> None:
    world.put("unstartable")
    built = len(world.engines)
    assert not world.live.refresh()
    assert not world.live.refresh()
    assert len(world.engines) == built


def test_a_change_that_is_taken_back_clears_the_error(world: World) -> None:
    world.put("unstartable")
    assert not world.put("one")
    assert world.live.refresh() is False
    assert world.live.status().error == ""
    assert world.live.status().activations == 1


def test_a_source_that_fails_changes_nothing(world: World) -> None:
    world.shelf.failing = OSError("/secret/path")
    assert not world.live.refresh()
    assert world.decides() == "one"
    assert (world.live.status().error, world.live.status().refusals) == ("OSError", 0)
    world.shelf.failing = None
    assert not world.live.refresh()
    assert world.live.status().error == ""


def test_a_source_that_is_away_hides_no_refusal(world: World) -> None:
    world.put("unstartable")
    world.shelf.failing = SourceUnreachable("the server is away")
    for _ in range(3):
        world.live.refresh()
    told = world.live.status()
    assert "cannot be loaded" in told.error
    assert "the server is away" in told.error
    assert told.refusals == 1
    world.shelf.failing = None
    world.live.refresh()
    assert "away" not in world.live.status().error
    assert "cannot be loaded" in world.live.status().error


def test_what_cannot_be_read_is_refused_and_counted_once(world: World) -> None:
    world.shelf.failing = BundleRejected("no YAML")
    for _ in range(3):
        world.live.refresh()
    assert (world.live.status().error, world.live.status().refusals) == ("no YAML", 1)


def test_a_refusal_stays_told_while_nothing_changes(world: World) -> None:
    world.put("unstartable")
    world.live.refresh()
    assert "cannot be loaded" in world.live.status().error


def test_bad_policies_at_the_start_are_an_error() -> None:
    world = World()
    world.shelf.held = bundle("unstartable")
    with pytest.raises(BundleRejected):
        world.live.start()
    assert not world.live.is_ready()


def test_without_policies_nothing_is_decided(world: World) -> None:
    held = world.live.lease(WHO)
    world.live.close()
    with pytest.raises(PolicyFailed):
        held.evaluate("{}")
    with pytest.raises(PolicyFailed):
        world.live.lease(WHO).evaluate("{}")
    assert not world.put("two")


def test_settings_change_alone_and_bad_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("ops: {panic: false}\n")
    world = World(settings=SettingsFile(file))
    world.live.start()
    assert not world.live.refresh_settings()
    file.write_text("ops: {panic: true}\n")
    assert world.live.refresh_settings()
    assert world.engines[-1].settings == {"ops": {"panic": True}}
    for bad in ("ops: bad\n", "ops: [\n", "- ops\n", "ops: 1.5\n"):
        file.write_text(bad)
        assert not world.live.refresh_settings()
        assert world.live.status().error
    assert world.put("two")  # under the last good settings
    assert world.engines[-1].settings == {"ops": {"panic": True}}
    file.unlink()
    assert not world.live.refresh_settings()
    file.write_text("{}\n")
    assert world.live.refresh_settings()
    assert (world.engines[-1].bundle.revision, world.engines[-1].settings) == ("two", {})
    assert world.live.status().error == ""


def test_under_load_no_exchange_sees_two_revisions(world: World) -> None:
    stop, seen, mixed = threading.Event(), set(), []

    def exchange() -> None:
        while not stop.is_set():
            lease = world.live.lease(WHO)
            answers = {json.loads(lease.evaluate("{}")) for _ in range(3)} | {lease.revision}
            lease.end()
            seen.update(answers)
            if len(answers) != 1:
                mixed.append(answers)

    threads = [threading.Thread(target=exchange) for _ in range(6)]
    for thread in threads:
        thread.start()
    for number in range(200):
        world.put(f"revision-{number}")
    stop.set()
    for thread in threads:
        thread.join()
    assert mixed == []
    assert len(seen) > 2
    assert [engine.bundle.revision for engine in world.engines if not engine.is_closed] == ["revision-199"]
