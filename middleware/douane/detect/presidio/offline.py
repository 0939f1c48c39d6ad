# SPDX-License-Identifier: Apache-2.0
"""No network: what the processes that run Presidio, its engines and its models shut before they load anything."""

import os
import sys

__all__ = ["REFUSED", "shut"]

REFUSED = frozenset(
    {
        *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto", "socket.sendmsg"),
        *("urllib.Request", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"),
    }
)
"""The audit events (PEP 578) of whoever asks a host or starts a program, of which a downloader is one. A socket may be made."""

_SETTINGS = {
    # Native code raises no audit event: the libraries are told too.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # What an earlier download of somebody's left behind was not checked by its digest. Nothing can stand in this folder.
    "HF_HOME": "/dev/null/none",
    # Past this, Presidio would skip a pattern with a log line. The deadline of the process comes first, and is no silence.
    "REGEX_TIMEOUT_SECONDS": "100000",
}


def shut() -> None:
    """From here on, and for good, nothing in this process reaches a host or starts a program: it gets a `PermissionError`."""
    os.environ.update(_SETTINGS)
    sys.addaudithook(_refuse)
    import tldextract

    # The first e-mail found would fetch the public suffix list; the one in the package does.
    # mypy reads the place as the wrapper function that stands there now.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # type: ignore[assignment]


def _refuse(event: str, _: object) -> None:
    if event in REFUSED:
        raise PermissionError(f"`{event}` is refused in a process that looks at texts")
