"""The rules of this repository that no linter knows. Each gate returns its complaints."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

FILE_LINES = 400
FUNCTION_LINES = 40
PACKAGE = "airflow_provider_bc"
REGISTRIES = re.compile(
    r"py[p]i\.org|py[p]i\.python|python[h]osted\.org|npm[j]s\.org|npm[j]s\.com"
    r"|deb[.]debian|security[.]debian|proxy[.]golang",
)
PIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[A-Za-z0-9.!+]+")


def listed(folder: Path, *names: str) -> list[Path]:
    """Every file that git has or would add, links left out."""
    command = [
        "git",
        "-C",
        str(folder),
        "ls-files",
        "-z",
        "-co",
        "--exclude-standard",
        "--",
        *names,
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    paths = [folder / name for name in sorted(set(output.split("\0"))) if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def parsed(folder: Path, *names: str) -> Iterator[tuple[Path, str, ast.Module]]:
    """Read the Python files among them."""
    for path in listed(folder, *names):
        if path.suffix == ".py":
            text = path.read_text()
            yield path.relative_to(folder), text, ast.parse(text, str(path))


def sizes(folder: Path) -> Iterator[str]:
    """Allow no file over 400 lines, no function over 40."""
    for path, text, tree in parsed(folder):
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{path}: {lines} lines; split it by its ideas (at most {FILE_LINES})"
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                place = f"{path}:{node.lineno}: {node.name}"
                yield f"{place} has {lines} lines; name its parts (at most {FUNCTION_LINES})"


def patches(folder: Path) -> Iterator[str]:
    """Allow no test that replaces what it tests: one that needs to has found a missing seam."""
    for path, _, tree in parsed(folder, "tests"):
        for node in ast.walk(tree):
            found = patch_in(node)
            if found:
                line = getattr(node, "lineno", 1)
                yield f"{path}:{line}: {found}; give the code a seam and pass a real thing in"


def patch_in(node: ast.AST) -> str:
    """Name the patch that a node is, or nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id="monkeypatch" | "mp"), attr="setattr" | "delattr"):
            return f"monkeypatch.{node.attr}"
        case ast.ImportFrom(module="unittest.mock" | "mock"):
            return "an import from a mock library"
        case ast.ImportFrom(module="unittest", names=names) | ast.Import(names=names):
            mocks = {"mock", "unittest.mock"} & {alias.name for alias in names}
            return "an import of a mock library" if mocks else ""
        case ast.arg(arg="mocker"):
            return "the fixture mocker"
    return ""


def addresses(folder: Path) -> Iterator[str]:
    """Allow no registry's host in a file: where packages come from is the user's choice."""
    for path in listed(folder):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if REGISTRIES.search(line):
                place = path.relative_to(folder)
                yield f"{place}:{number}: a package registry's address; name the package only"


def pins(folder: Path) -> Iterator[str]:
    """Allow the constraints names and versions, nothing else."""
    files = listed(folder, "constraints")
    if not files:
        yield "constraints/ is empty; run: python3 dev.py constraints"
    for path in files:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not PIN.fullmatch(line):
                yield f"{path.relative_to(folder)}:{number}: not 'name==version'"


def wheel(folder: Path) -> Iterator[str]:
    """Build the wheel: it holds every file of the package, and its entry points lead somewhere."""
    with TemporaryDirectory() as target:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"the wheel does not build: {(done.stdout + done.stderr).strip()}"
            return
        (built,) = Path(target).glob("*.whl")
        with zipfile.ZipFile(built) as archive:
            names = set(archive.namelist())
            (table,) = [name for name in names if name.endswith(".dist-info/entry_points.txt")]
            entries = archive.read(table).decode()
    for path in listed(folder, PACKAGE):
        if str(path.relative_to(folder)) not in names:
            yield f"{path.relative_to(folder)} is not in the wheel"
    for name in sorted(names):
        if not name.startswith(f"{PACKAGE}/") and ".dist-info/" not in name:
            yield f"{name} is in the wheel and does not belong to the package"
    yield from entry_points(entries, names)


def entry_points(text: str, names: set[str]) -> Iterator[str]:
    """Airflow finds the provider, and every entry point names a module that the wheel has."""
    table = configparser.ConfigParser(delimiters=("=",))
    table.read_string(text)
    if not table.has_section("apache_airflow_provider"):
        yield "the wheel has no entry point apache_airflow_provider: Airflow would not see it"
    for section in table.sections():
        for name, target in table.items(section):
            module = target.partition(":")[0].strip().replace(".", "/")
            if not {f"{module}.py", f"{module}/__init__.py"} & names:
                yield f"the entry point {section}: {name} names {target}, which the wheel lacks"
