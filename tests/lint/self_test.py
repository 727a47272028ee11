#!/usr/bin/env python3
"""Plants a fault for each rule of lint.py in a copy of the checkout and expects that rule, with its advice, to fail."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import lint

ROOT = Path(__file__).resolve().parents[2]
HEADER = "runtime/include/flare/planted.h"


def header(body):
    return ("/* flare/planted.h - for a test. */\n#ifndef FLARE_PLANTED_H\n#define FLARE_PLANTED_H\n#include <flare/err.h>\n"
            f"FLARE_BEGIN\n{body}\nFLARE_END\n#endif\n")


DOCUMENTED = ("/** Counts. Any thread.\n *  @param text borrowed for the call @param room bytes\n"
              " *  @return FLARE_OK or FLARE_ERR_LIMIT */\n")
PROTOTYPE = "flare_err flare_planted_count(const char *text, size_t room);"
C = "#include <flare/str.h>\n\nint flarei_planted(char *to, const char *from);\nint flarei_planted(char *to, const char *from)\n{\n%s}\n"

# what is planted: (rule, file, its text, words that the finding must have)
PLANTS = {
    "an upward include": ("includes", "runtime/base/planted.c", '#include "server/listener.h"\n', "includes upward"),
    "a codec that includes net": ("includes", "runtime/wire/planted.c", '#include "net/socket.h"\n', "bytes alone"),
    "a codec that includes the loop": ("includes", "runtime/http/planted.c", '#include "loop/wheel.h"\n', "bytes alone"),
    "a codec with a system header": ("includes", "runtime/wire/planted.c", "#include <sys/socket.h>\n", "not sockets"),
    "an include without its room": ("includes", "runtime/net/planted.c", '#include "address.h"\n', "room/noun.h"),
    "a header that nobody owns": ("includes", "runtime/net/planted.c", "#include <flare/nobody.h>\n", "nobody owns"),
    "flarec with a runtime header": ("includes", "flarec/planted.c", "#include <flare/str.h>\n", "without it"),
    "a pass that includes a later one": ("includes", "flarec/check/planted.c", '#include "emit/text.h"\n', "one way"),
    "an example with a private header": ("includes", "examples/basic/planted/a.c", '#include "http/request.h"\n', "private"),
    "a long file": ("sizes", "runtime/net/planted.c", "\n" * 601, "601 lines"),
    "a long function": ("sizes", "runtime/net/planted.c", C % ("    to++;\n" * 81), "flarei_planted() has 81 lines"),
    "a banned call": ("calls", "flarec/planted.c", C % "    return strcpy(to, from) != 0;\n", "strcpy()"),
    "memory behind the seam": ("calls", "runtime/net/planted.c", C % "    return malloc(8) != 0;\n", "flarei_malloc"),
    "a system call behind the seam": ("calls", "runtime/server/planted.c", C % "    return close(3);\n", "seam"),
    "an exit in the library": ("calls", "runtime/http/planted.c", C % "    abort();\n", "to the caller"),
    "a name of POSIX's": ("names", "runtime/net/planted.c", "typedef struct planted planted_t;\n", "POSIX"),
    "a name of C++'s": ("names", "runtime/net/planted.c", "int flare_planted__count;\n", "reserved"),
    "a note to self": ("text", "runtime/net/planted.c", "/* TO" + "DO: all of it */\n", "note to self"),
    "a path of a machine": ("text", "docs/planted.md", "It is in /ho" + "me/planted/flare.\n", "one machine"),
    "a carriage return": ("text", "docs/planted.md", "Text.\r\n", "carriage"),
    "a wild layout": ("format", "runtime/net/planted.c", "int  flarei_planted ;\n", "./dev fmt"),
    "a loose shell script": ("shell", "tests/planted.sh", "#!/bin/sh\nrm $1/*\n", "shellcheck"),
    "a header that C++ can't read": ("languages", HEADER, header("extern int class;"), "c++17"),
    "a header that is not whole": ("languages", HEADER, "extern planted_count x;\n", "c11"),
    "an undocumented function": ("docs", HEADER, header(PROTOTYPE), "is not documented"),
    "an undocumented struct": ("docs", HEADER, header("struct flare_planted { int count; };"), "is not documented"),
    "an undocumented parameter": ("docs", HEADER, header(DOCUMENTED.replace("@param room", "") + PROTOTYPE), "@param room"),
    "an undocumented result": ("docs", HEADER, header(DOCUMENTED.replace("@return", "") + PROTOTYPE), "@return"),
    "unlisted errors": ("docs", HEADER, header(DOCUMENTED.replace("FLARE_ERR_LIMIT", "less") + PROTOTYPE), "list the errors"),
    "an unsaid thread": ("docs", HEADER, header(DOCUMENTED.replace("Any thread.", "") + PROTOTYPE), "which thread"),
    "an unsaid owner": ("docs", HEADER, header("/** Any thread. @return text */\nchar *flare_planted_text(void);"), "who owns"),
}


def run(root, *arguments):
    return subprocess.run([sys.executable, ROOT / "tests/lint/lint.py", "--root", root, *arguments],
                          capture_output=True, text=True)


def copy_of_checkout(folder):
    for path in lint.list_files(ROOT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)


def planted_library(folder):
    """An archive whose only name is not ours."""
    (folder / "planted.c").write_text("int planted;\n")
    subprocess.run(["cc", "-c", "planted.c"], cwd=folder, check=True)
    subprocess.run(["ar", "rcs", "libplanted.a", "planted.o"], cwd=folder, check=True)
    return folder / "libplanted.a"


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "copy"
        copy_of_checkout(root)
        library = planted_library(Path(folder))
        results = [("a foreign exported name", run(root, "names", "--library", library), "exports planted")]
        for what, (rule, name, text, words) in PLANTS.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            results.append((what, run(root, rule), words))
            path.unlink()
    for what, result, words in results:
        found = [line for line in result.stdout.splitlines() if "planted" in line and words in line]
        if result.returncode == 1 and found:
            passed += 1
        else:
            failed += 1
            print(f"FAILED: lint does not notice {what}:\n{result.stdout}{result.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
