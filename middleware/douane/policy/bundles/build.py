# SPDX-License-Identifier: Apache-2.0
"""Build: a folder with policies becomes an archive that this gateway and any OPA load."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from douane.errors import BundleRejected
from douane.policy.bundles import archive, folder, manifest, signature
from douane.policy.bundles.bundle import assemble, override
from douane.policy.bundles.keys import SigningKey

__all__ = ["build"]


def build(
    path: Path,
    *,
    revision: str | None = None,
    roots: Sequence[str] | None = None,
    settings: Mapping[str, object] | None = None,
    signing_key: SigningKey | None = None,
) -> bytes:
    """The archive of the bundle in a folder, or of one in an archive: modules and tests as they are, all data in one `data.json`, with
    `settings` merged over it as the gateway does it.

    What is not given comes from the folder's `.manifest`. Without one there, the revision is the digest, and the roots are the first name
    of each package and each name at the top of the data: so that it loads in OPA beside other bundles, of which none can put anything
    below these names. Equal folders give equal bytes, unless signed with PS256 or ES256. Raises `BundleRejected`.
    """
    files = archive.load(path) if path.is_file() else folder.gather(path)
    bundle = assemble(files, name=str(path))
    if settings:
        bundle = override(bundle, settings)
    texts = (*bundle.modules, *bundle.tests)
    if roots is None:
        packages = [manifest.package(text, name) for name, text in texts]
        roots = bundle.roots if bundle.roots != ("",) else manifest.derived(packages, json.loads(bundle.data))
    built = {name: text.encode() for name, text in texts}
    built["data.json"] = bundle.data.encode() + b"\n"
    built[manifest.NAME] = manifest.Manifest(revision or bundle.revision, tuple(roots)).as_json()
    again = assemble(built, name=str(path))
    if again.digest != bundle.digest:
        raise BundleRejected("the bundle would decide otherwise than its folder; report this, it should not be possible")
    if signing_key is not None:
        built[signature.NAME] = signature.sign(built, signing_key)
    return archive.pack(built)
