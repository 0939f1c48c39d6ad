# SPDX-License-Identifier: Apache-2.0
"""A bundle: Rego modules and data that decide together, read as OPA reads them, and checked for what would silently change a decision."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from douane.errors import BundleRejected
from douane.policy.bundles import archive, folder, signature
from douane.policy.bundles import data as documents
from douane.policy.bundles.keys import KeyRing
from douane.policy.bundles.manifest import manifest, package

__all__ = ["Bundle", "assemble", "override", "read"]

_RESERVED = "douane"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Policies that decide together. `modules` and `tests` are (path, Rego text), by path; `data` is JSON text.

    `digest` is `sha256:<hex>` over the paths and texts of modules and over the data: equal digests decide equally. `revision` is what the
    authors call it (`.manifest`), or the digest where they call it nothing. `roots` are the parts of the tree that it owns.
    """

    modules: tuple[tuple[str, str], ...] = field(repr=False)
    tests: tuple[tuple[str, str], ...] = field(repr=False)
    data: str = field(repr=False)
    revision: str
    digest: str
    roots: tuple[str, ...] = ("",)


def read(path: Path, *, keys: KeyRing | None = None) -> Bundle:
    """The bundle in a folder, or in an archive (`.tar.gz`). With `keys` it must be signed by one of them, without it must not be signed.

    Raises `BundleRejected` with the file and what to do.
    """
    files = archive.load(path) if path.is_file() else folder.gather(path)
    signature.verify(files, keys)
    return assemble(files, name=str(path))


def assemble(files: Mapping[str, bytes], *, name: str) -> Bundle:
    """The bundle of these files, by names relative to its root; `name` is for messages.

    `x_test.rego` are tests; data comes only from `data.json` and `data.yaml`, mounted by their folders. Raises `BundleRejected`.
    """
    about = manifest(files)
    modules: list[tuple[str, str]] = []
    tests: list[tuple[str, str]] = []
    packages: dict[tuple[str, ...], str] = {}
    data: dict[str, Any] = {}
    size = expanded = 0
    for path in sorted(files):
        *folders, base = path.split("/")
        _check_kind(path, base)
        if not path.endswith(".rego") and base not in documents.NAMES:
            continue
        if any(part.startswith(".") for part in (*folders, base)):
            raise BundleRejected(f"`{path}` is hidden, which readers of bundles treat differently; rename it, or leave it out")
        size += len(files[path])
        if size > documents.LIMIT:
            raise BundleRejected(f"`{name}` holds more than {documents.LIMIT} bytes of policies and data; move what is not theirs away")
        if path.endswith(".rego"):
            text = documents.text(files[path], path)
            place = package(text, path)
            if not about.owns(place):
                raise BundleRejected(f"`{path}` is of the package `{'.'.join(place)}`, which no root owns; add a root to `.manifest`")
            if base.endswith("_test.rego"):
                tests.append((path, text))
            else:
                modules.append((path, text))
                packages[place] = path
        else:
            value = documents.parse(files[path], path)
            value = {} if value is None else value
            if not isinstance(value, dict):
                raise BundleRejected(f"`{path}` is no mapping; data begins with names")
            expanded += documents.check(value, path)
            if expanded > documents.LIMIT:
                raise BundleRejected(f"`{name}` holds more than {documents.LIMIT} characters of data; move what is not theirs away")
            documents.mount(data, tuple(folders), value, path)
    if not modules:
        raise BundleRejected(f"`{name}` holds no Rego module; name the folder that holds `main.rego`")
    stray = about.stray(data)
    if stray is not None:
        raise BundleRejected(f"there is data at `{'.'.join(stray)}`, which no root owns; add a root to `.manifest`, or move the data")
    _check_places(data, packages)
    return _bundle(tuple(modules), tuple(tests), data, about.revision, about.roots)


def override(bundle: Bundle, settings: Mapping[str, object]) -> Bundle:
    """The bundle with settings merged over its data (RFC 7396). It keeps its revision, unless that was its digest.

    Raises `BundleRejected` for a pack that has no data, and for a setting that its data does not have.
    """
    data = cast("dict[str, Any]", json.loads(bundle.data))
    for pack in settings:
        if pack not in data:
            known = ", ".join(f"`{name}`" for name in sorted(data)) or "none"
            raise BundleRejected(f"`policies.settings.{pack}` is for a pack without data; those that have some are {known}")
        given, there = settings[pack], data[pack]
        for key in given if isinstance(given, Mapping) and isinstance(there, dict) else ():
            if key not in there:  # a misspelt setting would protect nobody
                known = ", ".join(f"`{name}`" for name in sorted(there))
                raise BundleRejected(f"`policies.settings.{pack}.{key}` is no setting of that pack; its data has {known}")
    documents.check(settings, "policies.settings")
    revision = "" if bundle.revision == bundle.digest else bundle.revision
    return _bundle(bundle.modules, bundle.tests, documents.merged(data, settings), revision, bundle.roots)


def _bundle(
    modules: tuple[tuple[str, str], ...],
    tests: tuple[tuple[str, str], ...],
    data: Mapping[str, object],
    revision: str,
    roots: tuple[str, ...],
) -> Bundle:
    text = documents.canonical(data)
    digest = f"sha256:{hashlib.sha256(json.dumps([modules, text], ensure_ascii=False).encode()).hexdigest()}"
    return Bundle(modules, tests, text, revision or digest, digest, roots)


def _check_kind(path: str, base: str) -> None:
    if base.endswith(".wasm"):
        raise BundleRejected(f"`{path}` is WebAssembly, which douane does not run; build the bundle with `opa build -t rego`")
    if base == "patch.json":
        raise BundleRejected(f"`{path}` makes a delta bundle, which cannot be signed; serve whole bundles, or rename the file")
    if base == signature.NAME and path != signature.NAME:
        raise BundleRejected(f"`{path}` is not at the top, where the signature of a bundle stands; move or remove it")


def _check_places(data: Mapping[str, object], packages: Mapping[tuple[str, ...], str]) -> None:
    """No data where rules live: the embedded engine would let it take the place of the rule, where OPA refuses to load both."""
    if _RESERVED in data:
        raise BundleRejected(f"there is data under `{_RESERVED}`, where the rules live; data there would silently take the place of rules")
    for path, module in sorted(packages.items()):
        if documents.is_under(data, path):
            raise BundleRejected(f"there is data at `{'.'.join(path)}`, the package of `{module}`, whose rules it would replace; move it")
