#!/usr/bin/env python3
"""Values that try to become markup or code, in every place of a page where one may stand, judged by a browser: it parses
each page, compares its elements and attributes with those of a harmless one, reads the values back, and runs it.

usage: hostile.py PROGRAM CHROMIUM
"""
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

RUN = "parent.pwned=1"
VALUES = [
    f"<script>{RUN}</script>", f"</title><script>{RUN}</script>", f"</textarea><script>{RUN}</script>",
    f"</noscript><script>{RUN}</script>", f"--><script>{RUN}</script>", f"]]><script>{RUN}</script>", "<!--", "--!>", "<![CDATA[", "<?x",
    f"\"><script>{RUN}</script>", f"'><script>{RUN}</script>", f"\" onfocus={RUN} autofocus=\"", f"' onfocus={RUN} autofocus='",
    f"` onfocus={RUN} autofocus", f" onfocus={RUN} autofocus x=", f"/onfocus={RUN}/autofocus/", f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>", f"<svg/onload={RUN}//", f"<svg><style><img src=x onerror={RUN}></style>", f"<iframe srcdoc='<script>{RUN}</script>'>",
    f"<math><a xlink:href=javascript:{RUN}>x</a></math>", "<b", "</b", "</", "<", ">", "&", "\"", "'", "`", "=", "/", "\\",
    "&lt;script&gt;", "&#60;script&#62;", "&lt", "&amp;lt;", "&quot;", "&#34; onfocus=1 &#34;", "&#x22;", "&NewLine;", "&colon;", "&#0;",
    f"javascript:{RUN}", f"JaVaScRiPt:{RUN}", f" javascript:{RUN}", f"\tjavascript:{RUN}", f"java\tscript:{RUN}", f"java\nscript:{RUN}",
    f"java\rscript:{RUN}", f"javascript&colon;{RUN}", f"javascript&#58;{RUN}", f"&#106;avascript:{RUN}", f"\x01javascript:{RUN}", f"\x1fjavascript:{RUN}",
    f"javascript\t:{RUN}", f"//javascript:{RUN}", f"javascript://%0a{RUN}", f"vbscript:{RUN}", f"data:text/html,<script>{RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQucHduZWQ9MTwvc2NyaXB0Pg==", "blob:x", "filesystem:x", "view-source:x", "about:blank", "file:///etc/passwd",
    "//evil.example/x", "///evil.example/x", "/\\evil.example", "\\\\evil.example", "http:evil.example", "http:/evil.example", "https://evil.example/?a=b&c=d#e",
    "@evil.example", ":80", "..", "../..", "%2e%2e/", "%00", "%", "%zz", "?a=b", "#a", "a b+c", "mailto:a@example.org", "tel:+1",
    "ü€😀", "\u2028", "\u2029", "\ufeff", "\u202e", "\ufffd", "\u00a0", "\u0085", "＜script＞", "\u212a", "ſcript", "\x7f", "\x0b", "\x0c",
    "{{ value }}", "{% raw %}", "${pwned=1}", "{{constructor.constructor('parent.pwned=1')()}}", "x" * 900, "<" * 300, "\"" * 300,
    "a\nb", "a\r\nb", "a\rb", "\n", "\na", "\t", " ", "</p></td></tr></table><script>" + RUN + "</script>", "</option></select><script>" + RUN + "</script>",
    "</mtext></math><script>" + RUN + "</script>", "</text></svg><script>" + RUN + "</script>", "<plaintext>", "<base href=//evil.example>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>", "0;url=javascript:parent.pwned=1",
]


def main():
    program, browser = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--workers", "1"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, bufsize=0)
        port = re.search(r":(\d+)\s*$", server.stdout.readline().decode())[1]
        address = f"http://127.0.0.1:{port}/#" + urllib.parse.quote(json.dumps(VALUES), safe="")
        shown = subprocess.Popen([browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                                  "--remote-debugging-port=0", f"--user-data-dir={folder}", address],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told = b""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(server.stdout, selectors.EVENT_READ)
                until = time.monotonic() + 90
                while not told.endswith(b"\nend\n") and selector.select(max(0, until - time.monotonic())):
                    told += os.read(server.stdout.fileno(), 65536)
        finally:
            shown.send_signal(signal.SIGTERM)
            server.send_signal(signal.SIGTERM)
            shown.wait(20)
            server.wait(20)
    said = [line for line in told.decode(errors="replace").splitlines() if line not in ("", "end")]
    print("\n".join(said) or "the browser told nothing")
    return 0 if said == [f"{len(VALUES)} values judged"] else 1


if __name__ == "__main__":
    sys.exit(main())
