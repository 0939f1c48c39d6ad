# SPDX-License-Identifier: Apache-2.0
"""`douane policy verify`: says what a bundle holds, and whether a key signed exactly that."""

import argparse
import json
from pathlib import Path
from typing import Any

from douane.errors import ConfigRejected

__all__ = ["add"]

_VERIFY = """\
examples:
  douane policy verify bundle.tar.gz --key public.pem --alg EdDSA
  douane policy verify bundle.tar.gz --key public.pem --scope gateway   it must have been signed for this
  douane policy verify policies                                         without a key: what is not signed

exit codes: 0 it is what the key signed (or, without `--key`, it is unsigned and can be read), 2 it is not, or wrong usage
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    verify = verbs.add_parser("verify", help="verify a bundle", epilog=_VERIFY, formatter_class=argparse.RawDescriptionHelpFormatter)
    verify.add_argument("bundle", type=Path, metavar="BUNDLE", help="an archive or a folder")
    verify.add_argument("--key", type=Path, metavar="FILE", help="the public key that must have signed it (PEM)")
    verify.add_argument("--alg", choices=("RS256", "PS256", "ES256", "EdDSA"), default="RS256", help="of the key (default: RS256)")
    verify.add_argument("--scope", default="", metavar="SCOPE", help="the scope that the signature must have (default: none)")
    verify.add_argument("--json", action="store_true", help="say what it holds as a JSON object")
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from douane.policy.bundles import bundle as bundles
    from douane.policy.bundles.keys import KeyRing, verification_key

    if options.key is None and options.scope:
        raise ConfigRejected("`--scope` is for a signature; name the `--key` that verifies it")
    keys = None
    if options.key is not None:
        keys = KeyRing({"key": verification_key(options.key, options.alg, scope=options.scope)}, chosen="key")
    bundle = bundles.read(options.bundle, keys=keys)
    about = {
        "file": str(options.bundle),
        "verified": keys is not None,
        "revision": bundle.revision,
        "digest": bundle.digest,
        "roots": list(bundle.roots),
        "modules": [name for name, _ in bundle.modules],
        "tests": [name for name, _ in bundle.tests],
    }
    if options.json:
        print(json.dumps(about))
        return 0
    said = f"signed by the key of {options.key}" if keys is not None else "not signed, and so not verified"
    print(f"{options.bundle}: {said}; {len(bundle.modules)} modules, {len(bundle.tests)} test modules")
    print(f"revision {bundle.revision}, {bundle.digest}, roots {', '.join(bundle.roots)}")
    return 0
