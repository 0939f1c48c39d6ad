# SPDX-License-Identifier: Apache-2.0
"""What the verbs of `douane policy` read: folders, bundle archives and files, together as one tree."""

import argparse
import fnmatch
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from douane.errors import BundleRejected, ConfigRejected

__all__ = ["Tree", "add_paths", "gather", "where"]

_LOOSE = (".rego", ".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Tree:
    """Policies to work on. `modules` are (path in the tree, Rego text), tests among them; `data` is JSON text.

    `places` are the paths of the modules as people would write them from here, by their paths in the tree.
    """

    paths: tuple[Path, ...]
    modules: tuple[tuple[str, str], ...] = field(repr=False)
    data: str = field(repr=False)
    places: Mapping[str, str] = field(repr=False)


def add_paths(verb: argparse.ArgumentParser) -> None:
    """Options that say which policies are meant; see `where` and `gather`."""
    verb.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="folders, bundle archives or files (default: ./policies where it holds `main.rego`, else those shipped)",
    )
    verb.add_argument("--config", type=Path, metavar="FILE", help="take the policies that this configuration names")
    verb.add_argument("--ignore", action="append", default=[], metavar="GLOB", help="leave out files and folders of this name")


def where(paths: Iterable[Path], config: Path | None) -> tuple[Path, ...]:
    """The paths to read: those given, those that a configuration names, else the nearest. Raises `ConfigRejected`."""
    named = tuple(paths)
    if named and config is not None:
        raise ConfigRejected("`--config` names the policies; leave out the paths, or the option")
    if named:
        return named
    from douane.policy.shipped import shipped_policies

    if config is not None:
        from douane import config as configuration

        policies = configuration.read(config).policies
        if policies.path is None and policies.url is not None:
            raise ConfigRejected(f"`{config}` takes its policies from a server; name a folder or an archive instead")
        return (policies.path or shipped_policies(),)
    here = Path("policies")
    return (here if (here / "main.rego").is_file() else shipped_policies(),)


def gather(paths: Iterable[Path], *, ignore: Iterable[str] = ()) -> Tree:
    """The tree at these paths, whatever it is signed with. Raises `BundleRejected`."""
    from douane.policy.bundles.bundle import assemble

    paths = tuple(paths)
    patterns = [pattern for option in ignore for pattern in option.split(",") if pattern]
    files: dict[str, bytes] = {}
    shown: dict[str, str] = {}
    for path in paths:
        for name, content in _files(path).items():
            if any(fnmatch.fnmatchcase(part, pattern) for part in name.split("/") for pattern in patterns):
                continue
            if name in files:
                raise BundleRejected(f"`{name}` is in two of the paths; name each part of a tree once")
            files[name] = content
            shown[name] = os.path.relpath(path) if path.is_file() and path.name == name else os.path.join(_nearest(path), name)
    bundle = assemble(files, name=", ".join(map(str, paths)))
    return Tree(paths, tuple(sorted((*bundle.modules, *bundle.tests))), bundle.data, shown)


def _files(path: Path) -> dict[str, bytes]:
    from douane.policy.bundles import archive, folder
    from douane.policy.bundles.data import NAMES

    if path.is_dir():
        return folder.gather(path)
    if not path.exists():
        raise BundleRejected(f"`{path}` is not there; name a folder, a bundle archive or a file of Rego")
    if not path.name.endswith(_LOOSE):
        return archive.load(path)
    if path.suffix != ".rego" and path.name not in NAMES:
        raise BundleRejected(f"`{path}` is no data of a bundle; that is called `data.json` or `data.yaml`")
    try:
        return {path.name: path.read_bytes()}
    except OSError as cause:
        raise BundleRejected(f"`{path}` cannot be read; check its rights") from cause


def _nearest(path: Path) -> str:
    """The path as one would write it from here."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near
