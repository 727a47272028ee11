"""The checks of public headers: both languages, and that every symbol says what its user must know."""

import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

INCLUDE = Path("runtime/include")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wcast-qual", "-Wswitch-enum", "-Werror"]
LANGUAGES = [("cc", "c", "c11"), ("c++", "c++", "c++17")]
OWNERSHIP = re.compile(r"\b(owns?|owned|owner\w*|borrow\w*|frees?|freed|valid|lives?|lifetime|outlives?|cop(?:y|ies|ied)|"
                       r"constant|static|arena|until|never stored|kept)\b", re.I)

THREADS = re.compile(r"\bthread", re.I)


def public_headers(files):
    return [path for path in files if path.suffix == ".h" and path.parts[:3] == ("runtime", "include", "flare")]


def generated_include(root):
    """version.h is written by the build; a checkout not configured yet gets one of its own."""
    text = (root / INCLUDE / "flare/version.h.in").read_text()
    version = (root / "VERSION").read_text().strip()
    names = {"PROJECT_VERSION": version}
    names.update(zip(("PROJECT_VERSION_MAJOR", "PROJECT_VERSION_MINOR", "PROJECT_VERSION_PATCH"), version.split(".")))
    return re.sub(r"@(\w+)@", lambda match: names[match[1]], text)


def check_languages(root, files, options):
    """Each public header stands alone, in C11 and in C++17."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "flare").mkdir()
        (Path(folder) / "flare/version.h").write_text(generated_include(root))
        for path in public_headers(files):
            for compiler, language, standard in LANGUAGES:
                run = subprocess.run(
                    [compiler, "-x", language, f"-std={standard}", *WARNINGS, "-fsyntax-only", f"-I{root / INCLUDE}",
                     f"-I{folder}", "-"], input=f"#include <flare/{path.name}>\n", capture_output=True, text=True)
                if run.returncode != 0:
                    first = next((line for line in run.stderr.splitlines() if "error" in line), run.stderr[:200])
                    yield path, 1, f"does not compile alone as {standard}: {first}"


DOXYFILE = """
QUIET = YES
INPUT = "{root}/runtime/include/flare"
FILE_PATTERNS = *.h
OUTPUT_DIRECTORY = "{out}"
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
XML_PROGRAMLISTING = NO
WARN_LOGFILE = "{out}/warnings"
@INCLUDE = "{root}/docs/Doxyfile.common"
"""


def check_docs(root, files, options):
    """Every public symbol is documented: parameters, result, ownership, errors, thread."""
    root = root.resolve()
    with tempfile.TemporaryDirectory() as folder:
        doxyfile = DOXYFILE.format(root=root, out=folder)
        subprocess.run(["doxygen", "-"], input=doxyfile, text=True, capture_output=True, check=True)
        for line in (Path(folder) / "warnings").read_text().splitlines():
            match = re.match(r"(.+?):(\d+): (?:warning|error): (.*)", line)
            if match:
                yield relative(root, match[1]), int(match[2]), f"doxygen: {match[3]}"
        compounds = [compound for xml in sorted((Path(folder) / "xml").glob("*.xml"))
                     for compound in ElementTree.parse(xml).getroot().findall("compounddef")]
        # A macro with a definition per compiler is documented at one of them.
        known = {member.findtext("name") for compound in compounds for member in compound.iter("memberdef")
                 if own_text(member)}
        known |= {compound.findtext("compoundname") for compound in compounds if own_text(compound)}
        for compound in compounds:
            if (compound.get("kind") in ("struct", "union") and not own_text(compound)
                    and compound.findtext("compoundname") not in known
                    and not compound.findtext("compoundname").startswith("flarei_")):
                where = compound.find("location")
                yield (relative(root, where.get("file")), int(where.get("line")),
                       f"{compound.findtext('compoundname')} is not documented: say what it is, who owns it and how "
                       "long it lives")
            if compound.get("kind") == "file":
                # Where one thread rule holds for a whole header, its first comment says so.
                threads = THREADS.search(header_text(root, compound).split("*/")[0])
                for member in compound.iter("memberdef"):
                    if not member.findtext("name").startswith(("flarei_", "FLAREI_")):
                        yield from undocumented(root, member, known, threads)


def relative(root, name):
    path = Path(name)
    return path.relative_to(root) if path.is_absolute() and path.is_relative_to(root) else path


def own_text(element):
    """What the comment says, as one text."""
    parts = [element.find(tag) for tag in ("briefdescription", "detaileddescription", "inbodydescription")]
    return " ".join(" ".join(part.itertext()) for part in parts if part is not None).strip()


def header_text(root, compound):
    return (root / relative(root, compound.find("location").get("file"))).read_text()


def undocumented(root, member, known, threads):
    """What is missing from the comment of one function, macro or type. (flarei_ names are for emitted code, and may
    share a comment.)"""
    name = member.findtext("name")
    where = member.find("location")
    place = relative(root, where.get("file")), int(where.get("line"))
    text = own_text(member)
    if not text:
        # Constants of a family may share one comment, above the first.
        checked = member.get("kind") in ("function", "typedef", "enum") or takes_arguments(member)
        if checked and name not in known:
            yield (*place, f"{name} is not documented: say what it does, units, ownership, errors, thread")
        return
    # "As flare_i8_parse()": all that is said there holds here.
    model = re.match(r"as (flare_\w+)\b", text, re.I)
    if member.get("kind") != "function" or (model and model[1] in known):
        return
    described = {node.text for kind in ("param", "retval") for entry in member.iter("parameterlist")
                 if entry.get("kind") == kind for node in entry.iter("parametername")}
    for parameter in member.findall("param"):
        declared = parameter.findtext("declname")
        if declared and declared not in described:
            yield (*place, f"{name}: parameter {declared} is not documented: add @param {declared}")
    result = "".join(member.find("type").itertext())
    returns = any(section.get("kind") == "return" for section in member.iter("simplesect")) or any(
        entry.get("kind") == "retval" for entry in member.iter("parameterlist"))
    if not re.search(r"\bvoid\s*$", result) and not returns:
        yield (*place, f"{name}: the result is not documented: add @return")
    if ("*" in result or "flare_str" in result) and not OWNERSHIP.search(text):
        yield (*place, f"{name}: say who owns what it returns and how long that lives")
    if "flare_err" in result and not re.search(r"FLARE_ERR_|never fails|no errors", text):
        yield (*place, f"{name}: list the errors it returns (FLARE_ERR_...)")
    if not threads and not THREADS.search(text):
        yield (*place, f"{name}: say which thread may call it, such as 'Any thread.'")


def takes_arguments(member):
    return member.get("kind") == "define" and member.find("param") is not None
