"""How benchmarks speak: plain lines, tables, and one form for what could not be run."""
import json
import os
import statistics
import sys


class Failure(Exception):
    """The benchmark cannot go on; the text says why and what to do."""


def say(*words):
    print(*words, flush=True)


def skipped(what, probe):
    say(f"skipped: {what} because {probe}")


def table(heads, rows):
    """Prints rows under their heads; the first column to the left, the others to the right."""
    cells = [list(heads)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for row in cells:
        first = row[0].ljust(widths[0])
        say("  ".join([first] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]).rstrip())


def median(values):
    return statistics.median(values)


def median_ratio(ours, theirs):
    """The median of same-round ratios: what a machine's mood did to a round, it did to both."""
    return median([a / b for a, b in zip(ours, theirs)])


def ratio_spread(ours, theirs):
    ratios = [a / b for a, b in zip(ours, theirs)]
    return f"{median(ratios):.3f} ({min(ratios):.3f}..{max(ratios):.3f})"


class Verdict:
    """Collects bars; the exit status of a benchmark is 0 only if all were met."""

    def __init__(self):
        self.missed = 0

    def at_most(self, what, value, bar, form="{:.3f}"):
        self._tell(what, value, "<=", bar, value <= bar, form)

    def at_least(self, what, value, bar, form="{:.3f}"):
        self._tell(what, value, ">=", bar, value >= bar, form)

    def holds(self, what, condition):
        say(f"{'met   ' if condition else 'MISSED'}  {what}")
        self.missed += not condition

    def _tell(self, what, value, sign, bar, met, form):
        self.holds(f"{what}: {form.format(value)} {sign} {form.format(bar)}", met)

    def exit_status(self):
        if self.missed:
            say(f"{self.missed} bar{'s' if self.missed > 1 else ''} missed")
        return 1 if self.missed else 0


def write_json(path, figures):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")


def machine():
    """The machine in general words, for a results table."""
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release.split('-')[0]}"


def die(text):
    print(f"bench: {text}", file=sys.stderr)
    return 2
