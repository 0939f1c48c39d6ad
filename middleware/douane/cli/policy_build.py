# SPDX-License-Identifier: Apache-2.0
"""`douane policy build`: makes one archive of policies, signed or not, that douane and any OPA load."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.cli.policy_check import beside, check
from douane.cli.policy_tree import gather, where
from douane.errors import BundleRejected, ConfigRejected

if TYPE_CHECKING:
    from douane.policy.bundles.keys import SigningKey

__all__ = ["add"]

_BUILD = """\
examples:
  douane policy build                                                   bundle.tar.gz of ./policies, else of those shipped
  douane policy build policies -o dist/policies.tar.gz --revision 2026-11-01
  douane policy build policies --signing-key private.pem --signing-alg EdDSA --key-id release-2026
  douane policy verify bundle.tar.gz --key public.pem --alg EdDSA       what it holds, and whether that key signed it

The policies are checked first (`douane policy check`); errors end the build. Equal folders give equal bytes. The key is a PEM file:
  openssl genpkey -algorithm ed25519 -out private.pem && openssl pkey -in private.pem -pubout -out public.pem

exit codes: 0 built, 2 the policies have errors or cannot be read, the key does not fit, or wrong usage
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    build = verbs.add_parser("build", help="make a bundle", epilog=_BUILD, formatter_class=argparse.RawDescriptionHelpFormatter)
    build.add_argument("path", nargs="?", type=Path, metavar="PATH", help="a folder or an archive (default: as for `test`)")
    build.add_argument("--config", type=Path, metavar="FILE", help="take the policies that this configuration names")
    build.add_argument("-o", "--output", type=Path, default=Path("bundle.tar.gz"), metavar="FILE", help="default: bundle.tar.gz")
    build.add_argument("--revision", metavar="NAME", help="what records call these policies (default: the folder's, else its digest)")
    build.add_argument("--root", action="append", metavar="PATH", help="a part of the tree that the bundle owns; may be repeated")
    build.add_argument("--settings", type=Path, metavar="FILE", help="merge these settings over the data, as the gateway does")
    build.add_argument("--signing-key", type=Path, metavar="FILE", help="sign with this private key (PEM)")
    build.add_argument("--signing-alg", choices=("RS256", "PS256", "ES256", "EdDSA"), default="RS256", help="default: RS256")
    build.add_argument("--key-id", default="", metavar="ID", help="by what id others find the public key")
    build.add_argument("--scope", default="", metavar="SCOPE", help="what it is signed for; verifiers must expect the same")
    build.add_argument("--json", action="store_true", help="say what was built as a JSON object")
    build.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> int:
    from douane.policy.bundles import archive
    from douane.policy.bundles.build import build
    from douane.policy.bundles.bundle import assemble
    from douane.policy.rego.problem import shown

    key = _key(options)
    (path,) = where([options.path] if options.path else [], options.config)
    tree = gather([path])
    errors = [problem for problem in check(tree, schema=beside(tree, "schemas/input.schema.json")) if problem.level == "error"]
    if errors:
        for problem in errors:
            print(shown(problem), file=sys.stderr)
        print("douane: the policies have errors, so nothing was built; mend them first", file=sys.stderr)
        return 2
    settings = None
    if options.settings is not None:
        from douane.policy.bundles.settings_file import SettingsFile

        fetched = SettingsFile(options.settings).fetch(None)
        settings = None if fetched is None else fetched[0]
    made = build(path, revision=options.revision, roots=options.root, settings=settings, signing_key=key)
    _write(options.output, made)
    bundle = assemble(archive.unpack(made), name=str(options.output))
    about = {
        "file": str(options.output),
        "bytes": len(made),
        "revision": bundle.revision,
        "digest": bundle.digest,
        "roots": list(bundle.roots),
        "modules": len(bundle.modules),
        "tests": len(bundle.tests),
        "signed": options.signing_alg if key is not None else None,
    }
    if options.json:
        print(json.dumps(about))
    else:
        signed = f"signed {about['signed']}" if key is not None else "not signed"
        print(f"{about['file']}: {about['bytes']} bytes, {about['modules']} modules, {about['tests']} test modules, {signed}")
        print(f"revision {bundle.revision}, roots {', '.join(bundle.roots)}")
    return 0


def _key(options: argparse.Namespace) -> "SigningKey | None":
    if options.signing_key is None:
        if options.key_id or options.scope:
            raise ConfigRejected("`--key-id` and `--scope` are for a signature; name a `--signing-key`")
        return None
    from douane.policy.bundles.keys import signing_key

    return signing_key(options.signing_key, options.signing_alg, id=options.key_id, scope=options.scope)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: whoever serves it meanwhile never sees half of one."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as cause:
        raise BundleRejected(f"`{path}` cannot be written; check its folder and its rights") from cause
