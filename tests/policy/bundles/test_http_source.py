# SPDX-License-Identifier: Apache-2.0
"""Bundle servers as sources: asked as OPA asks, given up in time, and the only ones to hear the token."""

import contextlib
import gzip
import json
import random
import signal
import ssl
import stat
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from douane.errors import BundleRejected, ConfigRejected, SourceUnreachable
from douane.policy.bundles import archive
from douane.policy.bundles.build import build
from douane.policy.bundles.http_source import HttpSource
from douane.policy.bundles.keys import Algorithm, KeyRing, SigningKey, verification_key
from douane.policy.bundles.source import source
from fakes.bundle_server import PATH, BundleServer, bundle_server
from fakes.bundles import KEYS, SIGNING, fetched, packed, policies
from fakes.keys import pem, private, public_pem
from fakes.opa import opa_binary, opa_server
from fakes.upstream import Connection

TOKEN = "very-secret-token-0123456789"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BundleServer]:
    with bundle_server(packed(tmp_path, revision="1")) as server:
        yield server


def test_a_bundle_is_fetched_once_for_each_tag(server: BundleServer, tmp_path: Path) -> None:
    over_http = source(server.url)
    first = fetched(over_http.fetch(None))
    assert (first.bundle.revision, first.tag) == ("1", server.etag)
    assert over_http.fetch(first.tag) is None
    server.publish(packed(tmp_path, "allow", revision="2"))
    second = fetched(over_http.fetch(first.tag))
    assert second.bundle.revision == "2"
    asked = [(request.headers.get("if-none-match"), request.headers["prefer"]) for request in server.asked]
    assert asked == [(None, "modes=snapshot"), (first.tag, "modes=snapshot"), (first.tag, "modes=snapshot")]
    assert server.asked[0].path == PATH
    assert not over_http.waits


def test_a_server_without_tags_is_asked_for_the_bytes(server: BundleServer, tmp_path: Path) -> None:
    server.offers_waiting = True
    server.publish(server.archive, etag="")
    over_http = source(server.url, wait=30)
    tag = fetched(over_http.fetch(None)).tag
    assert over_http.fetch(tag) is None
    server.publish(packed(tmp_path, "allow"), etag="")
    assert fetched(over_http.fetch(tag)).tag != tag
    assert not any("if-none-match" in request.headers for request in server.asked)
    assert not over_http.waits  # for what?


def test_a_server_that_offers_to_wait_is_waited_for(server: BundleServer, tmp_path: Path) -> None:
    server.offers_waiting = True
    over_http = source(server.url, wait=30)
    tag = fetched(over_http.fetch(None)).tag
    assert over_http.waits
    later = threading.Timer(0.4, lambda: server.publish(packed(tmp_path, "allow", revision="2")))
    later.start()
    begun = time.monotonic()
    assert fetched(over_http.fetch(tag)).bundle.revision == "2"
    assert 0.3 < time.monotonic() - begun < 5
    later.join()
    assert {request.headers["prefer"] for request in server.asked} == {"modes=snapshot;wait=30"}
    server.script = lambda connection: connection.answer(b"", 503)
    with pytest.raises(SourceUnreachable):
        over_http.fetch(tag)
    assert not over_http.waits  # or its failures would be asked for without a pause


def test_waiting_ends_with_nothing_new(server: BundleServer) -> None:
    server.offers_waiting = True
    over_http = HttpSource(server.url, wait=1, deadline=0.5)
    tag = fetched(over_http.fetch(None)).tag
    begun = time.monotonic()
    assert over_http.fetch(tag) is None
    assert 0.9 < time.monotonic() - begun < 5
    assert over_http.waits


def test_a_server_that_offers_to_wait_and_does_not_is_asked_with_pauses(server: BundleServer) -> None:
    server.offers_waiting = True
    over_http = source(server.url, wait=30)
    tag = fetched(over_http.fetch(None)).tag
    assert over_http.waits
    server.publish(server.archive, etag='"another"')  # the same again
    tag = fetched(over_http.fetch(tag)).tag
    assert not over_http.waits
    server.script = lambda connection: connection.head(304)
    assert over_http.fetch(tag) is None
    assert not over_http.waits


def test_a_server_that_does_not_offer_it_is_not_asked_to_wait_again(server: BundleServer) -> None:
    over_http = source(server.url, wait=30)
    tag = fetched(over_http.fetch(None)).tag
    assert not over_http.waits
    assert over_http.fetch(tag) is None
    assert [request.headers["prefer"] for request in server.asked] == ["modes=snapshot;wait=30", "modes=snapshot"]


def test_a_wait_ends_when_the_source_is_closed(server: BundleServer) -> None:
    server.offers_waiting = True
    over_http = source(server.url, wait=60)
    tag = fetched(over_http.fetch(None)).tag
    later = threading.Timer(0.3, over_http.close)
    later.start()
    begun = time.monotonic()
    with pytest.raises(SourceUnreachable, match="is asked no more"):
        over_http.fetch(tag)
    assert time.monotonic() - begun < 5
    with pytest.raises(SourceUnreachable, match="is asked no more"):
        over_http.fetch(tag)
    later.join()


def drip(connection: Connection) -> None:
    with contextlib.suppress(OSError):
        connection.drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 4000, 0.02)


def drip_body(connection: Connection) -> None:
    with contextlib.suppress(OSError):
        connection.head(200, "content-length: 100000")
        connection.drip(b"y" * 4000, 0.02)


def hang(connection: Connection) -> None:
    connection.hang()


@pytest.mark.parametrize("script", [drip, drip_body, hang])
def test_a_server_that_is_slow_is_given_up_in_time(script: Callable[[Connection], None], server: BundleServer) -> None:
    server.script = script
    begun = time.monotonic()
    with pytest.raises(SourceUnreachable, match=r"did not answer within 0\.5 seconds"):
        HttpSource(server.url, deadline=0.5).fetch(None)
    assert time.monotonic() - begun < 3


def die(connection: Connection) -> None:
    connection.head(200, "content-length: 100000")
    connection.send(b"y" * 5000)


def die_chunked(connection: Connection) -> None:
    connection.head(200, "transfer-encoding: chunked")
    connection.piece(b"y" * 5000)
    connection.reset()


def leave(connection: Connection) -> None:
    connection.reset()


def babble(connection: Connection) -> None:
    connection.send(b"hello\r\n\r\n")


def lie(connection: Connection) -> None:
    connection.head(200, "content-length: nonsense")


@pytest.mark.parametrize("script", [die, die_chunked, leave, babble, lie])
def test_a_server_that_breaks_off_or_babbles_gives_nothing(script: Callable[[Connection], None], server: BundleServer) -> None:
    server.script = script
    over_http = source(server.url, token=TOKEN)
    with pytest.raises(SourceUnreachable, match="broke off") as caught:
        over_http.fetch(None)
    assert_untold(caught.value)
    assert not over_http.waits


def assert_untold(error: BaseException) -> None:
    """The token is in nothing that the error, what caused it and what it came up in would print."""
    assert TOKEN not in "".join(traceback.format_exception(error))
    chain: BaseException | None = error
    while chain is not None:
        assert TOKEN not in repr(chain) + str(chain) + repr(vars(chain))
        chain = chain.__cause__ or chain.__context__


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 500, 503])
def test_any_other_status_is_an_error_with_advice(status: int, server: BundleServer) -> None:
    has_no_body = status in (204, 304)
    server.script = lambda connection: connection.head(status) if has_no_body else connection.answer(b"secret error page", status)
    with pytest.raises(SourceUnreachable, match=rf"status {status}; (check|look)") as caught:
        source(server.url + "?signature=very-secret", token=TOKEN).fetch(None)
    assert_untold(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_out_of_reach(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:9/b.tar.gz", "https://127.0.0.1:9/b.tar.gz", "https://bundles.invalid/b.tar.gz"):
        with pytest.raises(SourceUnreachable, match="cannot be reached") as caught:
            source(url, token=TOKEN).fetch(None)
        assert_untold(caught.value)


def test_a_server_that_sends_without_end_is_left(server: BundleServer) -> None:
    sent = [0]

    def flood(connection: Connection) -> None:
        connection.head(200, "content-type: application/gzip", f"content-length: {10 * 2**30}")
        piece = bytes(2**20)
        while not connection.stop.is_set():
            connection.send(piece)
            sent[0] += 1

    server.script = flood
    with pytest.raises(BundleRejected, match="larger than"):
        source(server.url).fetch(None)
    assert server.upstream.gone.wait(5)
    assert sent[0] < 64


def test_a_small_archive_that_becomes_large_is_rejected(server: BundleServer) -> None:
    server.publish(gzip.compress(bytes(100 * 2**20)))
    with pytest.raises(BundleRejected, match="holds more than"):
        source(server.url).fetch(None)


def test_an_archive_that_is_encoded_once_more_is_rejected(server: BundleServer) -> None:
    server.script = lambda connection: connection.answer(gzip.compress(server.archive), 200, "application/gzip", "content-encoding: gzip")
    with pytest.raises(BundleRejected, match="encodes the archive once more"):
        source(server.url).fetch(None)
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_the_token_goes_to_its_server_and_nowhere_else(server: BundleServer) -> None:
    server.token = TOKEN
    assert fetched(source(server.url, token=TOKEN).fetch(None)).bundle.revision == "1"
    with bundle_server() as other:
        for status in (301, 302, 303, 307, 308):
            server.script = lambda connection, status=status: connection.answer(b"", status, "text/plain", f"location: {other.url}")
            with pytest.raises(SourceUnreachable, match="redirects to another place") as caught:
                source(server.url, token=TOKEN).fetch(None)
            assert_untold(caught.value)
        assert other.asked == []


def test_a_redirect_within_the_server_is_followed_but_not_in_circles(server: BundleServer) -> None:
    def move(connection: Connection) -> None:
        if connection.request.path == PATH:
            server.answer(connection)
        else:
            connection.answer(b"", 302, "text/plain", f"location: {PATH}")

    server.script = move
    assert fetched(source(server.url.removesuffix(PATH) + "/latest").fetch(None)).bundle.revision == "1"
    server.script = lambda connection: connection.answer(b"", 302, "text/plain", "location: /again")
    with pytest.raises(SourceUnreachable, match="in a circle"):
        source(server.url).fetch(None)
    assert len(server.asked) == 6


def test_no_proxy_is_taken_from_the_environment(server: BundleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with bundle_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.service)
        assert fetched(source(server.url).fetch(None)).bundle.revision == "1"
        assert proxy.asked == []


@pytest.mark.parametrize(
    ("url", "more", "told"),
    [
        ("http://bundles.example/b.tar.gz", {}, "unsigned policies could be changed"),
        ("http://10.0.0.1/b.tar.gz", {"keys": KEYS, "token": TOKEN}, "the token could be read"),
        ("https://user:very-secret@bundles.example/b.tar.gz", {}, "without credentials"),
        ("https://bundles.example/b.tar.gz#x", {}, "without credentials and fragment"),
        ("https:///b.tar.gz", {}, r"must be http\(s\)"),
        ("https://bundles.example:port/b.tar.gz", {}, "is none"),
        ("https://user:very-secret@\u2100.example/b.tar.gz", {}, "is none"),
        ("https://bundles.example/b.tar.gz", {"ca": Path("none.pem")}, "cannot be read"),
    ],
)
def test_a_place_that_others_could_listen_to_or_that_is_none_is_refused(url: str, more: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigRejected, match=told) as caught:
        source(url, **more)
    assert "secret" not in "".join(traceback.format_exception(caught.value)).replace(TOKEN, "").partition("Rejected: ")[2]
    assert caught.value.__context__ is None or "secret" not in str(caught.value.__context__)


def test_signed_bundles_may_come_over_any_way() -> None:
    for url in (
        "http://bundles.example/b.tar.gz",
        "http://localhost/b",
        "http://[::1]:80/b",
        "http://127.8.8.8/b",
        "HTTPS://bundles.example/b",
    ):
        assert isinstance(source(url, keys=KEYS), HttpSource)


def test_a_server_is_known_by_its_certificate(tmp_path: Path) -> None:
    raw = packed(tmp_path, revision="1")
    with tls_server(raw, tmp_path) as (url, ca):
        assert fetched(source(url, ca=ca, token=TOKEN).fetch(None)).bundle.revision == "1"
        with pytest.raises(SourceUnreachable, match="certificate that is not trusted") as caught:
            source(url, token=TOKEN).fetch(None)
        assert_untold(caught.value)
        with pytest.raises(SourceUnreachable, match="certificate that is not trusted"):
            source(url.replace("127.0.0.1", "localhost"), ca=ca).fetch(None)


@contextlib.contextmanager
def tls_server(body: bytes, folder: Path) -> Iterator[tuple[str, Path]]:
    """A server with a certificate for 127.0.0.1 that its own authority, a file, has signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_text(pem(key))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        # The handshake is left to the first read, where a client that leaves is an error of its own request.
        listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
        listening.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.server_port}/b.tar.gz", folder / "ca.pem"
        finally:
            listening.shutdown()
            thread.join()


# What is kept for a start without the server


def test_what_decided_is_kept_for_a_start_without_the_server(server: BundleServer, tmp_path: Path) -> None:
    kept = tmp_path / "new" / "kept.tar.gz"
    first = fetched(source(server.url, persist=kept).fetch(None))
    assert not kept.exists()  # not before it decides
    assert first.keep() == ""
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]

    server.script = lambda connection: connection.answer(b"", 503)
    again = source(server.url, persist=kept)
    found = fetched(again.fetch(None))
    assert (found.bundle, found.tag) == (first.bundle, "")
    assert "status 503" in found.notice
    assert str(kept) in found.notice
    assert not again.waits
    for known in (found.tag, None):  # only for a start
        with pytest.raises(SourceUnreachable, match="status 503"):
            again.fetch(known)
    server.script = server.answer
    assert fetched(again.fetch(found.tag)).tag == server.etag


def test_what_was_kept_also_stands_in_for_a_bundle_that_is_rejected(server: BundleServer, tmp_path: Path) -> None:
    kept = tmp_path / "kept.tar.gz"
    fetched(source(server.url, persist=kept).fetch(None)).keep()
    server.publish(b"no archive")
    found = fetched(source(server.url, persist=kept).fetch(None))
    assert found.bundle.revision == "1"
    assert "no gzip" in found.notice


def test_what_was_kept_is_verified_again(server: BundleServer, tmp_path: Path) -> None:
    kept = tmp_path / "kept.tar.gz"
    server.publish(packed(tmp_path, revision="1", signing_key=SIGNING))
    fetched(source(server.url, keys=KEYS, persist=kept).fetch(None)).keep()
    server.script = lambda connection: connection.answer(b"", 503)
    assert fetched(source(server.url, keys=KEYS, persist=kept).fetch(None)).bundle.revision == "1"
    files = archive.unpack(kept.read_bytes())
    for raw in (b"", kept.read_bytes()[:-9], archive.pack(files | {"x.rego": b"package x\n"}), packed(tmp_path, "allow")):
        kept.write_bytes(raw)
        with pytest.raises(SourceUnreachable, match=r"status 503.*cannot be used"):
            source(server.url, keys=KEYS, persist=kept).fetch(None)
    kept.unlink()
    with pytest.raises(SourceUnreachable, match=r"status 503; look into its log$"):
        source(server.url, keys=KEYS, persist=kept).fetch(None)


def test_a_place_that_cannot_be_written_is_said_and_stops_nothing(server: BundleServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = fetched(source(server.url, persist=tmp_path / "file" / "kept.tar.gz").fetch(None))
    assert "cannot be kept" in found.keep()
    (tmp_path / "taken").mkdir()
    found = fetched(source(server.url, persist=tmp_path / "taken").fetch(None))
    assert "cannot be kept" in found.keep()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".taken")) == []


KEEP = """
import sys
from pathlib import Path
from douane.policy.bundles.source import source
while True:
    found = source(sys.argv[1], persist=Path(sys.argv[2])).fetch(None)
    assert found is not None and found.keep() == ""
    print("kept", flush=True)
"""


def test_a_process_killed_while_it_keeps_leaves_a_whole_archive(server: BundleServer, tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    draw = random.Random(0)
    (tmp_path / "large" / "x.rego").write_text("package x\n# " + draw.randbytes(2**20).hex() + "\n")
    raw = build(policies(tmp_path / "large"), revision="large")
    server.publish(raw)
    kept = tmp_path / "kept" / "kept.tar.gz"
    with subprocess.Popen([sys.executable, "-c", KEEP, server.url, str(kept)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"kept\n"
        for _ in range(20):
            time.sleep(draw.random() * 0.02)
            assert kept.read_bytes() == raw
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert kept.read_bytes() == raw


# With the real OPA


def serving(server: BundleServer, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    """Configure the next OPA server as a client of the bundle server."""
    config = {
        "services": {"fake": {"url": server.service, "credentials": {"bearer": {"token": TOKEN}}}},
        "bundles": {"douane": {"service": "fake", "resource": PATH.removeprefix("/v1"), **more.pop("bundle")}},
        **more,
    }
    (folder / "opa.json").write_text(json.dumps(config))
    monkeypatch.setenv("OPA_RUN_CONFIG_FILE", str(folder / "opa.json"))


def ask_opa(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/v1/data/douane/main/decision?provenance=true", timeout=5) as answer:
        return dict(json.load(answer))


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    over = time.monotonic() + seconds
    while not holds() and time.monotonic() < over:
        time.sleep(0.02)
    assert holds()


def test_an_opa_server_and_this_one_fetch_the_same_signed_bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    algorithm: Algorithm = "RS256"  # an OPA server takes no Ed25519 keys from its configuration
    text = public_pem(private(algorithm))
    signing = SigningKey(algorithm, private(algorithm), "release", "douane")
    keys = KeyRing({"release": verification_key(text, algorithm, scope="douane")})
    with bundle_server(packed(tmp_path, "deny", revision="1", signing_key=signing)) as server:
        server.token, server.offers_waiting = TOKEN, True
        serving(
            server,
            tmp_path,
            monkeypatch,
            keys={"release": {"algorithm": algorithm, "key": text, "scope": "douane"}},
            bundle={"signing": {"keyid": "release"}, "polling": {"long_polling_timeout_seconds": 10}},
        )
        with opa_server() as url:
            over_http = source(server.url, keys=keys, token=TOKEN, wait=10)
            first = fetched(over_http.fetch(None))
            assert ask_opa(url)["provenance"]["bundles"] == {"douane": {"revision": first.bundle.revision}}
            assert ask_opa(url)["result"] == {"verdict": "deny"}

            server.publish(packed(tmp_path, "allow", revision="2", signing_key=signing))
            second = fetched(over_http.fetch(first.tag))
            until(lambda: ask_opa(url)["provenance"]["bundles"] == {"douane": {"revision": second.bundle.revision}})
            assert ask_opa(url)["result"] == {"verdict": "allow"}

            raw = archive.pack(archive.unpack(server.archive) | {"x.rego": b"package x\n"})
            server.publish(raw)
            with pytest.raises(BundleRejected, match=r"`x\.rego` is not in the bundle's signature"):
                over_http.fetch(second.tag)
            asked = len(server.asked)
            until(lambda: len(server.asked) > asked + 1)  # OPA has it too by now, and goes on with the one before
            assert ask_opa(url)["result"] == {"verdict": "allow"}


def test_an_opa_server_takes_no_ed25519_key_from_its_configuration(tmp_path: Path) -> None:
    text = public_pem(private("EdDSA"))
    (tmp_path / "opa.json").write_text(json.dumps({"keys": {"k": {"algorithm": "EdDSA", "key": text}}}))
    arguments = [opa_binary(), "run", "--server", "--addr", "127.0.0.1:0", "--config-file", str(tmp_path / "opa.json")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=20)
    assert "unsupported algorithm 'EdDSA'" in done.stdout + done.stderr
