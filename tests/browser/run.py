#!/usr/bin/env python3
"""A browser on every wire that it has (wires.mjs): h2 by ALPN, WebSockets over TLS and over h2, two pages that talk to each
other; and pages of several sites (sites.mjs): CORS, events that come back, forms, an upload, a session, CSRF. A new certificate
authority, which only this browser trusts, signs the servers' certificate.

usage: run.py [--bin DIR]      pictures go to build/browser
"""
import argparse
import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SERVED = ("https_server", "websocket_echo", "ws_permessage_deflate", "ws_chat", "cors", "sse", "forms", "multipart_upload",
          "sessions")
NAMES = "DNS:localhost,DNS:www.example.org,DNS:" + ",DNS:".join(
    f"{name}.example" for name in ("app", "other", "api", "events", "shop", "forms", "album"))


def run(*command, given=b""):
    return subprocess.run([str(word) for word in command], input=given, capture_output=True, check=True, timeout=60).stdout


def authority(folder):
    """A CA, a certificate of localhost by it, and a database of trusted certificates in which it is."""
    new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run(*new, "-x509", "-days", "2", "-subj", "/CN=flare browser test", "-keyout", folder / "ca.key", "-out", folder / "ca.crt",
        "-addext", "keyUsage=critical,keyCertSign")
    request = run(*new, "-subj", "/CN=localhost", "-keyout", folder / "localhost.key")
    (folder / "names").write_text(f"subjectAltName={NAMES}\nextendedKeyUsage=serverAuth\n")
    run("openssl", "x509", "-req", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "1",
        "-extfile", folder / "names", "-out", folder / "localhost.crt", given=request)
    (folder / "localhost.key").chmod(0o600)
    (folder / "session.key").write_bytes(run("openssl", "rand", "-base64", "32"))
    (folder / "session.key").chmod(0o600)
    database = folder / "home" / ".pki" / "nssdb"
    database.mkdir(parents=True)
    run("certutil", "-d", f"sql:{database}", "-N", "--empty-password")
    run("certutil", "-d", f"sql:{database}", "-A", "-t", "C,,", "-n", "flare browser test", "-i", folder / "ca.crt")


@contextlib.contextmanager
def serving(program, folder):
    """Runs an example with TLS; its address."""
    keys = ("--session-key-file", folder / "session.key") if program.name == "sessions" else ()
    server = subprocess.Popen([program, *keys, "--listen", "tls:127.0.0.1:0", "--workers", "1", "--drain", "5", "--tls-cert",
                               folder / "localhost.crt", "--tls-key", folder / "localhost.key"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        yield "localhost:" + re.search(r":(\d+)\s*$", server.stdout.readline())[1]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    options = parser.parse_args()
    tools = {name: shutil.which(name) for name in ("chromium", "node", "certutil", "openssl")}
    missing = [name for name, path in tools.items() if path is None]
    if missing:
        print(f"skipped: browser because {' and '.join(missing)} can't be had")
        return 0
    pictures = ROOT / "build" / "browser"
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="flare-browser-", ignore_cleanup_errors=True) as name, contextlib.ExitStack() as servers:
        folder, addresses = pathlib.Path(name), []
        authority(folder)
        for example in SERVED:
            addresses.append(f"{example}={servers.enter_context(serving(options.bin / example, folder))}")
        done = subprocess.run([tools["node"], HERE / "judge.mjs", tools["chromium"], folder / "home", pictures, *addresses],
                              capture_output=True, text=True, check=False, timeout=300)
    print(done.stdout + done.stderr, end="")
    passed, failed = len(re.findall("^ok ", done.stdout, re.M)), len(re.findall("^FAILED ", done.stdout, re.M))
    if done.returncode != 0 and not failed or passed == 0:
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
