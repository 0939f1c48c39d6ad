# SPDX-License-Identifier: Apache-2.0
"""The digest of a folder, by which an operator pins a model: `python -m douane.detect.presidio.digest MODEL` prints it.

It is that of what `sha256sum` prints for every file below the folder, sorted by path, so any shell can compute it too:
`find -L . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum`
"""

import hashlib
import os
import sys
from pathlib import Path

from douane.errors import ConfigRejected

__all__ = ["tree_digest"]


def tree_digest(folder: Path) -> str:
    """`sha256:` and 64 hexadecimal digits over the paths and contents of all files below a folder, in the order of their paths.

    Raises `ConfigRejected` for a folder that cannot be read whole, or that a loader could leave by a link to another one.
    """
    files: dict[str, Path] = {}
    try:
        for place, folders, names in os.walk(folder, onerror=_raise):
            for name in folders:
                if Path(place, name).is_symlink():
                    raise ConfigRejected(f"the model `{folder}` holds a link to a folder, which its digest would not cover; copy it whole")
            for name in names:
                path = Path(place, name)
                relative = path.relative_to(folder).as_posix()
                if not path.is_file() or "\\" in relative or not relative.isprintable():
                    raise ConfigRejected(f"the model `{folder}` holds what is no plain file with a plain name; take it out")
                files[relative] = path
        listed = hashlib.sha256()
        for relative in sorted(files):
            with files[relative].open("rb") as file:
                listed.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {relative}\n".encode())
    except OSError as cause:
        raise ConfigRejected(f"the model `{folder}` cannot be read; name a folder that can") from cause
    if not files:
        raise ConfigRejected(f"the model `{folder}` holds no file; name the folder of a model")
    return f"sha256:{listed.hexdigest()}"


def _raise(cause: OSError) -> None:
    raise cause


if __name__ == "__main__":
    from douane.detect.presidio.models import folder_of

    print(tree_digest(folder_of(sys.argv[1])))
