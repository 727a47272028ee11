#!/usr/bin/env python3
"""decimal.py FLAREC: the patterns that `flarec openapi` writes for whole numbers that are texts match the numbers of the range, as
JSON writes them, and nothing else."""
import json
import random
import re
import subprocess
import sys

LEAST, GREATEST = -(1 << 63), (1 << 63) - 1
random.seed(1)


def ranges():
    yield from [(0, 0), (0, 9), (0, 10), (7, 7), (9, 10), (1, 99), (10, 99), (123, 4567), (100, 199), (-5, 5), (-1, 0), (-10, -3),
                (LEAST, GREATEST), (0, GREATEST), (LEAST, 0), (LEAST, LEAST + 1), (GREATEST, GREATEST)]
    for _ in range(200):
        a, b = (random.randint(-10 ** random.randint(1, 18), 10 ** random.randint(1, 18)) for _ in range(2))
        yield min(a, b), max(a, b)


def numbers(least, greatest):
    for edge in (least, greatest, 0):
        for power in range(20):
            for step in (-1, 0, 1):
                yield edge + step * 10 ** power
                yield step * 10 ** power + (1 if step > 0 else -1)
    for _ in range(100):
        yield random.randint(least, greatest)
        yield random.randint(-10 ** random.randint(1, 20), 10 ** random.randint(1, 20))


def main():
    cases = [(least, greatest, f"i64(text, {least}..{greatest})") for least, greatest in ranges()]
    cases += [(0, (1 << 64) - 1, "u64(text)"), (LEAST, GREATEST, "i64(text)"), (1, (1 << 64) - 1, "u64(text, 1..)")]
    fields = "".join(f"n{i}: {kind};\n" for i, (_, _, kind) in enumerate(cases))
    spec = f"service s;\ntype T {{ {fields} }}\nPOST / -> post {{ body json T; }}\n"
    run = subprocess.run([sys.argv[1], "openapi", "-"], input=spec, capture_output=True, text=True)
    properties = json.loads(run.stdout)["components"]["schemas"]["T"]["properties"]
    failed = passed = 0
    for i, (least, greatest, kind) in enumerate(cases):
        pattern = re.compile(properties[f"n{i}"]["pattern"].replace("$", r"\Z"))
        texts = [(str(n), least <= n <= greatest) for n in numbers(least, greatest)]
        texts += [(text, False) for text in ("", "-", "-0", "00", "01", "+1", "1.0", "1e3", " 1", "1 ", "1\n", "x")]
        wrong = [text for text, good in texts if bool(pattern.search(text)) != good]
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"FAILED {kind}: {wrong[:5]} of {pattern.pattern}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
