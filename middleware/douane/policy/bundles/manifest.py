# SPDX-License-Identifier: Apache-2.0
"""The `.manifest` of a bundle: what its authors call it, and which parts of the tree it owns (its roots). As OPA has it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from douane.errors import BundleRejected
from douane.policy.bundles import data as documents

__all__ = ["NAME", "Manifest", "derived", "manifest", "package"]

NAME = ".manifest"

_KNOWN = ("revision", "roots", "rego_version", "file_rego_versions", "wasm", "metadata")
_REVISION = 256
# Comments and empty lines, then the package on one line of its own, and nothing that could continue its name.
_PACKAGE = re.compile(
    r"""
    (?: [ \t]* (?:\#[^\n]*)? \r?\n )*
    [ \t]* package [ \t]+ ([a-zA-Z_]\w*) ( (?: \.[a-zA-Z_]\w* | \["[^"\\\n]+"\] )* )
    [ \t]* (?:\#[^\n]*)? \r? (?: \n(?!\s*[.\[]) | \Z )
    """,
    re.ASCII | re.VERBOSE,
)
_PART = re.compile(r"\.(\w+)|\[\"([^\"]+)\"\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`revision` is a name that the authors gave, or empty; `roots` are paths with slashes, where the empty one owns everything."""

    revision: str = ""
    roots: tuple[str, ...] = ("",)

    def owns(self, path: tuple[str, ...]) -> bool:
        """Whether a package or a value at this path may stand in the bundle."""
        return any(_contains(_segments(root), path) for root in self.roots)

    def stray(self, value: object, at: tuple[str, ...] = ()) -> tuple[str, ...] | None:
        """The first path with data that no root owns, or None."""
        if self.owns(at):
            return None
        if not isinstance(value, Mapping) or not any(_contains(at, _segments(root)) for root in self.roots):
            return at
        return next((found for key in sorted(value) if (found := self.stray(value[key], (*at, key))) is not None), None)

    def as_json(self) -> bytes:
        """The file."""
        return json.dumps({"revision": self.revision, "roots": list(self.roots), "rego_version": 1}, ensure_ascii=False).encode() + b"\n"


def manifest(files: Mapping[str, bytes]) -> Manifest:
    """The manifest of a bundle; without one it owns everything. Raises `BundleRejected` for what douane, or OPA, would not load."""
    for name in files:
        if name.endswith((".manifest", ".manifest.pb")) and name != NAME:
            advice = f"douane reads one manifest, `{NAME}` at the top; rename or rewrite this one"
            raise BundleRejected(f"`{name}` would be the manifest to OPA; {advice}")
    if NAME not in files:
        return Manifest()
    value = documents.parse(files[NAME], NAME)
    if not isinstance(value, dict):
        raise BundleRejected(f"`{NAME}` is no object; begin it with a revision")
    for key in value:
        # OPA takes `Roots` for `roots`, and then obeys the one that stands last.
        if key.lower() in _KNOWN and key not in _KNOWN:
            raise BundleRejected(f"`{NAME}` has a key that differs from `{key.lower()}` by its case only; write it in lower case")
    _check_kinds(value)
    return Manifest(_revision(value.get("revision")), _roots(value.get("roots")))


def derived(packages: Iterable[tuple[str, ...]], data: Mapping[str, object]) -> tuple[str, ...]:
    """The roots for a bundle that names none: the first name of each package, and each name at the top of its data.

    Other bundles may lie beside it, but none may put a package or a value below those names. Raises `BundleRejected`.
    """
    roots = sorted({path[0] for path in packages} | set(data))
    for root in roots:
        if not root or "/" in root:
            raise BundleRejected("a name at the top of the data is empty or holds a slash, so no root can say it; rename it")
    return tuple(roots)


def package(text: str, name: str) -> tuple[str, ...]:
    """The path of a module's package. Raises `BundleRejected` where readers could find another one, or none."""
    found = _PACKAGE.match(text)
    if found is None:
        raise BundleRejected(f"`{name}` does not begin with its package; write `package ...` on a line of its own before everything else")
    return (found[1], *(part[1] or part[2] for part in _PART.finditer(found[2])))


def _check_kinds(value: Mapping[str, object]) -> None:
    if value.get("wasm"):
        raise BundleRejected(f"`{NAME}` names WebAssembly modules, which douane does not run; build the bundle with `opa build -t rego`")
    versions = value.get("file_rego_versions")
    asked = [value.get("rego_version"), *(versions.values() if isinstance(versions, dict) else [versions])]
    if any(version is not None and (type(version) is not int or version != 1) for version in asked):
        raise BundleRejected(f"`{NAME}` asks for a version of Rego other than 1; rewrite the modules with `opa fmt --write --v0-v1`")


def _revision(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _REVISION or not value.isprintable():
        raise BundleRejected(f"`{NAME}` has a revision that is no text of at most {_REVISION} printable characters; write a shorter name")
    return value


def _roots(value: object) -> tuple[str, ...]:
    if value is None:
        return ("",)
    if not isinstance(value, list) or not all(isinstance(root, str) for root in value):
        raise BundleRejected(f"`{NAME}` has roots that are no list of texts; write them such as `douane` or `acme/limits`")
    roots = tuple(root.strip("/") for root in value)
    for index, root in enumerate(roots):
        for other in roots[index + 1 :]:
            one, two = _segments(root), _segments(other)
            if _contains(one, two) or _contains(two, one):
                raise BundleRejected(f"`{NAME}` has the roots `{root}` and `{other}`, one within the other; keep the wider one")
    return roots


def _segments(root: str) -> tuple[str, ...]:
    return tuple(root.split("/")) if root else ()


def _contains(root: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return path[: len(root)] == root
