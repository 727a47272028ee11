"""Reading C without compiling it: enough for line counts, calls and includes in clang-formatted code."""

import functools
import re


def is_ours(path):
    """Not what a program wrote: Lemon's and re2c's output, expected output of flarec, built files."""
    return not (path.parts[0] in (".git", "build", "build-asan") or "bootstrap" in path.parts
                or re.search(r"\.flare(\.\w+)?\.[ch]$|\.(png|ico|gz|bin)$", path.name)
                or "seeds" in path.parts or "regression" in path.parts)


@functools.lru_cache(maxsize=None)
def read(root, path):
    return (root / path).read_bytes().decode(errors="replace")


def code_only(text):
    """The text with comments, strings and characters blanked; the lines stay where they are."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(text):
    """(name, line, lines of body) of each function: a brace alone in column one opens, its like closes."""
    lines = code_only(text).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            yield function_name(lines, start), start, number - start - 1
            start = None


def function_name(lines, brace):
    """The name before the parameter list that ends above line `brace`."""
    head = ""
    for line in reversed(lines[max(0, brace - 12):brace - 1]):
        if not line.strip() or line.startswith(("}", "#")) or line.rstrip().endswith(";"):
            break
        head = line + " " + head
    match = re.search(r"(\w+)\s*\(", head) if not head.startswith("TEST(") else re.match(r"TEST\((\w+)", head)
    return match[1] if match else "?"
