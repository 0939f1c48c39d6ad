# SPDX-License-Identifier: Apache-2.0
"""An OPA server as the engine, through opa-python-client, wrapped for what that client leaves open.

It gives `{}` for an undefined decision, three kinds of exception for three kinds of failure, and takes proxies from the environment.
Strict builtin errors are asked for, since the embedded engine has no other mode.
"""

import contextlib
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from douane.errors import BundleRejected, ConfigRejected, PolicyFailed

__all__ = ["OpaServerEngine"]

_UNKNOWN = "unknown"


class OpaServerEngine:
    """`PolicyEngine` over OPA's REST API. `url` is that of the server, `deadline` is in seconds.

    `revision` is what the server says with each decision: its bundles' revisions, or `unknown` where it was given loose files. It knows
    no digest.
    """

    name = "opa"
    digest = ""

    def __init__(self, url: str, *, deadline: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ConfigRejected("`policies.opa_url` must be an http(s) URL of a server without a path, such as http://127.0.0.1:8181")
        self._latest = _UNKNOWN
        self._checked = ""
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._secure else 80)
        self._deadline = deadline
        self._local = threading.local()
        self._clients: list[Any] = []
        self._lock = threading.Lock()

    @property
    def revision(self) -> str:
        """See `PolicyEngine`."""
        told: str = getattr(self._local, "revision", self._latest)
        return told

    def _client(self) -> Any:
        """One client a thread: its HTTP session is not made to be shared."""
        client = getattr(self._local, "client", None)
        if client is None:
            from opa_client import OpaClient

            client = OpaClient(host=self._host, port=self._port, ssl=self._secure, retries=0, timeout=self._deadline)
            # No public switches. A proxy, or another place that the server sends us to, would be one more party that sees the facts.
            client._session.trust_env = False
            client._session.max_redirects = 0
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client

    def start(self) -> None:
        """Ask the policies about their settings; a server that is not there is asked with its first decision. Raises `BundleRejected`."""
        with contextlib.suppress(PolicyFailed):
            self._check_settings(self._query("douane.settings", "problems", {}))

    def evaluate(self, document: str) -> str:
        """See `PolicyEngine`."""
        answer = self._query("douane.main", "decision", json.loads(document))
        if "result" not in answer:
            raise PolicyFailed("the OPA server gives no decision; `data.douane.main.decision` is undefined", cause_code="undefined")
        self._latest = self._local.revision = _revision(answer)
        if self._latest != self._checked:
            try:
                self._check_settings(self._query("douane.settings", "problems", {}))
            except BundleRejected as cause:
                raise PolicyFailed(str(cause), cause_code="error") from cause
        return json.dumps(answer["result"], ensure_ascii=False, separators=(",", ":"))

    def _check_settings(self, answer: Any) -> None:
        """Wrong settings would protect nobody, and are known once for every revision of the policies."""
        problems = answer.get("result") or []
        if problems:
            raise BundleRejected("the settings in the data of the OPA server are wrong: " + "; ".join(map(str, problems)))
        self._checked = _revision(answer)

    def _query(self, package: str, rule: str, facts: Any) -> Any:
        import requests

        until = time.monotonic() + self._deadline
        try:
            answer = self._client().query_rule(
                input_data=facts,
                package_path=package,
                rule_name=rule,
                query_params={"strict-builtin-errors": "true", "provenance": "true"},
            )
        except requests.Timeout as cause:
            raise PolicyFailed("the OPA server did not answer in time", cause_code="timeout") from cause
        except requests.ConnectionError as cause:
            raise PolicyFailed("the OPA server cannot be reached", cause_code="unreachable") from cause
        except Exception as cause:  # the client has no base class for its exceptions; each of them is no decision
            raise PolicyFailed("the OPA server gave no decision", cause_code="error") from cause
        if time.monotonic() > until:  # the client's own limit is for each read, and a server may drip
            raise PolicyFailed("the OPA server did not answer in time", cause_code="timeout")
        return answer

    def is_ready(self) -> bool:
        """Whether the server answers and has activated its bundles."""
        with contextlib.suppress(Exception):
            return bool(self._client().check_health(query={"bundles": True}))
        return False

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients:
                with contextlib.suppress(Exception):
                    client.close_connection()


def _revision(answer: Any) -> str:
    bundles = (answer.get("provenance") or {}).get("bundles") or {}
    return ",".join(f"{name}={part.get('revision') or _UNKNOWN}" for name, part in sorted(bundles.items())) or _UNKNOWN
