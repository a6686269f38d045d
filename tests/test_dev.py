from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import dev
from devtools import check, gates, live, suite

HERE = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
VERSION = sys.version.split()[0]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the files that a combination is made from, and pins for two Pythons."""
    for name in ("pyproject.toml", "airflow_provider_bc/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "constraints").mkdir()
    for name in ("airflow-3.3.2-py3.11.txt", "airflow-3.3.2-py3.13.txt"):
        (tmp_path / "constraints" / name).write_text("httpx==0.28.1\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def dev_py(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, dev.REPOSITORY / "dev.py", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


class TestCombination:
    def test_the_usual_one_lives_in_dot_venv(self, clone: Path) -> None:
        usual = dev.Combination(HERE, VERSION, root=clone)
        assert usual.venv == clone / ".venv"

    def test_every_other_one_has_its_own_place(self, clone: Path) -> None:
        other = dev.Combination(HERE, VERSION, "3.2.2", clone)
        assert other.venv == clone / ".venvs" / f"airflow-3.2.2-py3.{sys.version_info.minor}"

    @pytest.mark.parametrize(
        ("python", "pins"), [("3.11.7", "3.11"), ("3.12.1", "3.11"), ("3.13.0", "3.13")]
    )
    def test_takes_the_newest_pins_not_newer_than_its_python(
        self, clone: Path, python: str, pins: str
    ) -> None:
        combination = dev.Combination(HERE, python, root=clone)
        assert combination.constraints.name == f"airflow-3.3.2-py{pins}.txt"

    def test_a_python_newer_than_all_pins_takes_the_newest(self, clone: Path) -> None:
        combination = dev.Combination(HERE, "3.14.2", root=clone)
        assert combination.constraints.name == "airflow-3.3.2-py3.13.txt"

    def test_an_airflow_without_pins_says_which_ones_there_are(self, clone: Path) -> None:
        with pytest.raises(dev.Stop, match=r"no pins for Airflow 2\.9.*has Airflow 3\.3\.2.*--air"):
            _ = dev.Combination(HERE, VERSION, "2.9", clone).constraints

    @pytest.mark.parametrize(
        "name",
        [
            "pyproject.toml",
            "airflow_provider_bc/__init__.py",
            "constraints/airflow-3.3.2-py3.11.txt",
        ],
    )
    def test_is_stale_when_what_it_was_made_from_changes(self, clone: Path, name: str) -> None:
        combination = dev.Combination(HERE, "3.11.7", root=clone)
        before = combination.fingerprint
        assert combination.fingerprint == before
        (clone / name).write_text("changed")
        assert combination.fingerprint != before


class TestInterpreter:
    def test_one_inside_a_virtual_environment_leads_to_the_one_outside(self) -> None:
        assert dev.probe(sys.executable) == (HERE, VERSION)

    def test_one_that_does_not_run_is_none(self, tmp_path: Path) -> None:
        assert dev.probe(tmp_path / "python") is None
        assert dev.probe("/bin/false") is None

    def test_is_found_by_version(self) -> None:
        found = dev.choose("3.3.2", str(HERE))
        assert found == dev.Combination(HERE, VERSION, "3.3.2")

    def test_that_is_nowhere_is_an_error_with_a_remedy(self) -> None:
        with pytest.raises(dev.Stop, match=r"No Python answers to '9\.9'.*Install it"):
            dev.choose("3.3.2", "9.9")

    def test_that_is_too_old_is_an_error(self, tmp_path: Path) -> None:
        old = tmp_path / "python"
        old.write_text("#!/bin/sh\nprintf '/nowhere\\n3.9.18\\n'\n")
        old.chmod(0o755)
        with pytest.raises(dev.Stop, match=r"is Python 3\.9\.18; 3\.11 or newer"):
            dev.choose("3.3.2", str(old))


class TestEnvironment:
    def test_drops_what_belongs_to_another_airflow(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        foreign = ["AIRFLOW_HOME", "AIRFLOW__CORE__DAGS_FOLDER", "PYTHONDONTWRITEBYTECODE"]
        for name in foreign:
            monkeypatch.setenv(name, "x")
        monkeypatch.setenv("CI", "true")
        found = dev.environment(tmp_path)
        assert not set(foreign) & set(found)
        assert found["CI"] == "true"
        assert found["PATH"].startswith(f"{tmp_path}/bin:")

    def test_a_failed_step_shows_its_output_and_the_remedy(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "import sys; sys.exit('no space left')"]
        with pytest.raises(dev.Stop, match=r"(?s)no space left.*This failed.*make room"):
            dev.run(command, venv=tmp_path, remedy="make room")


class TestBuild:
    def test_a_python_without_ensurepip_names_the_package_to_install(
        self, clone: Path, tmp_path: Path
    ) -> None:
        bare = tmp_path / "python"
        bare.write_text("#!/bin/sh\necho 'ensurepip is not available' >&2\nexit 1\n")
        bare.chmod(0o755)
        combination = dev.Combination(bare, "3.12.1", root=clone)
        with pytest.raises(
            dev.Stop, match=r"(?s)ensurepip is not.*apt-get install python3.12-venv"
        ):
            dev.prepare(combination)

    def test_an_up_to_date_one_is_left_alone(self, clone: Path) -> None:
        combination = dev.Combination(Path("/nowhere/python"), "3.12.1", root=clone)
        combination.venv.mkdir(parents=True)
        (combination.venv / "dev-fingerprint").write_text(combination.fingerprint)
        dev.prepare(combination)
        assert [path.name for path in combination.venv.iterdir()] == ["dev-fingerprint"]


class TestCommandLine:
    def test_an_unknown_airflow_ends_with_one_line(self) -> None:
        done = dev_py("check", "--airflow", "1.10")
        assert done.returncode == 1
        assert done.stderr.startswith("dev.py: constraints/ has no pins for Airflow 1.10 on")
        assert "Traceback" not in done.stderr

    def test_help_names_every_command(self) -> None:
        done = dev_py("--help")
        assert done.returncode == 0
        assert all(name in done.stdout for name in dev.COMMANDS)

    def test_what_it_does_not_know_belongs_to_the_command(self) -> None:
        arguments = ["test", "-k", "sign in", "--airflow", "3.2.2", "tests/a.py", "-x"]
        options, rest = dev.parser().parse_known_args(arguments)
        assert (options.command, options.airflow) == ("test", "3.2.2")
        assert rest == ["-k", "sign in", "tests/a.py", "-x"]

    def test_every_command_has_its_module(self) -> None:
        for _, module in dev.COMMANDS.values():
            assert (dev.REPOSITORY / f"{module[0].replace('.', '/')}.py").is_file()


class TestGates:
    def test_sizes(self, clone: Path) -> None:
        (clone / "long.py").write_text("x = 1\n" * 401)
        (clone / "deep.py").write_text("def f():\n" + "    x = 1\n" * 40)
        assert [text.partition(";")[0] for text in gates.sizes(clone)] == [
            "deep.py:1: f has 41 lines",
            "long.py: 401 lines",
        ]

    @pytest.mark.parametrize(
        "code",
        [
            "def test(monkeypatch):\n    monkeypatch.setattr('a.b', 1)",
            "from unittest.mock import patch",
            "from unittest import mock",
            "import unittest.mock as m",
            "def test(mocker): ...",
        ],
    )
    def test_a_patch_is_found(self, clone: Path, code: str) -> None:
        (clone / "tests").mkdir()
        (clone / "tests" / "test_it.py").write_text(code)
        (found,) = gates.patches(clone)
        assert found.startswith("tests/test_it.py:")

    def test_a_word_about_patches_or_an_environment_variable_is_no_patch(self, clone: Path) -> None:
        (clone / "tests").mkdir()
        code = "def test(monkeypatch):\n    monkeypatch.setenv('A', 'monkeypatch.setattr')"
        (clone / "tests" / "test_it.py").write_text(code)
        assert list(gates.patches(clone)) == []

    def test_a_registry_address_is_found_and_this_gate_does_not_find_itself(
        self, clone: Path
    ) -> None:
        host = ".".join(["files", "python" + "hosted", "org"])
        (clone / "notes.md").write_text(f"one\nsee https://{host}/x\n")
        (found,) = gates.addresses(clone)
        assert found.startswith("notes.md:2:")
        (clone / "notes.md").unlink()
        (clone / "gates.py").write_text(Path(gates.__file__).read_text())
        assert list(gates.addresses(clone)) == []

    def test_pins_are_names_and_versions(self, clone: Path) -> None:
        assert list(gates.pins(clone)) == []
        pins = clone / "constraints" / "airflow-3.3.2-py3.11.txt"
        pins.write_text("httpx==0.28.1\nhttpx[http2]==0.28.1\n--index-url x\n")
        assert [text.split(": ")[0][-1] for text in gates.pins(clone)] == ["2", "3"]

    def test_entry_points_lead_to_modules_of_the_wheel(self) -> None:
        table = "[apache_airflow_provider]\nprovider_info = a.b:c\n[airflow.plugins]\nd = a.d:E\n"
        assert list(gates.entry_points(table, {"a/b.py", "a/d/__init__.py"})) == []
        (found,) = gates.entry_points(table, {"a/b.py"})
        assert found.startswith("the entry point airflow.plugins: d names a.d:E")
        assert len(list(gates.entry_points("", set()))) == 1

    def test_a_file_that_does_not_parse_is_a_complaint(self, clone: Path) -> None:
        (clone / "broken.py").write_text("def f(:\n")
        (found,) = check.complaints_of(gates.sizes, clone)
        assert "broken.py:1: does not parse" in found


class TestSuite:
    def test_both_gates_together_name_every_file_once(self, tmp_path: Path) -> None:
        for room in suite.BELOW_AIRFLOW:
            (tmp_path / f"{room}.py").write_text("")
        names = suite.patterns(tmp_path).split(",")
        assert f"{tmp_path}/wire.py" in names
        assert f"{tmp_path}/api/*" in names

    def test_a_room_that_is_gone_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match=r"names api, .*does not have"):
            suite.patterns(tmp_path)

    @pytest.mark.parametrize(
        ("attributes", "words"),
        [
            ("tests='5' failures='0' errors='0' skipped='0'", "5 passed, 0 failed"),
            ("tests='5' failures='1' errors='1' skipped='1'", "2 passed, 2 failed, 1 skipped"),
        ],
    )
    def test_closes_with_the_counts(self, tmp_path: Path, attributes: str, words: str) -> None:
        report = tmp_path / "report.xml"
        report.write_text(f"<testsuites><testsuite {attributes}/></testsuites>")
        assert suite.counts([report]) == words


class TestLive:
    def test_knows_only_its_own_home_dags_and_connections(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "somebody else's")
        found = live.variables(tmp_path, tmp_path / "dags", {"a_b": {"conn_type": "http"}})
        assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in found
        assert found["AIRFLOW_HOME"] == str(tmp_path)
        assert found["AIRFLOW_CONN_A_B"] == '{"conn_type": "http"}'

    def test_ports_differ(self) -> None:
        assert len(set(live.free_ports(20))) == 20

    def test_an_end_leaves_no_process_that_the_parent_forgot(self) -> None:
        child = f"[{sys.executable!r}, '-c', 'import time; time.sleep(60)']"
        parent = f"import subprocess, time; print(subprocess.Popen({child}).pid, flush=True)"
        with subprocess.Popen(
            [sys.executable, "-c", f"{parent}; time.sleep(60)"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            orphan = psutil.Process(int(process.stdout.readline()))
            live.stop(process)
        assert process.returncode is not None
        assert not orphan.is_running()

    def test_an_airflow_that_does_not_start_shows_the_end_of_its_log(self, tmp_path: Path) -> None:
        program = tmp_path / "airflow"
        program.write_text("#!/bin/sh\necho 'no such table: dag'\nexit 3\n")
        program.chmod(0o755)
        environment = live.variables(tmp_path / "home", tmp_path, {}) | {"PATH": str(tmp_path)}
        with (
            pytest.raises(live.NotHealthy, match=r"(?s)ended with 3.*no such table: dag"),
            live.standalone(environment),
        ):
            pass


@pytest.mark.live
class TestCommands:
    def test_demo_copies_everything_then_what_changed(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "devtools.demo"],
            cwd=dev.REPOSITORY,
            env=dev.environment(Path(sys.prefix)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("business_central_incremental_sync: success") == 2

    def test_airflow_comes_up_and_leaves_nothing(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "devtools.standalone"],
            cwd=dev.REPOSITORY,
            env=dev.environment(Path(sys.prefix)),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            told: list[str] = []
            for line in process.stdout:
                told.append(line)
                if "Ctrl-C ends it" in line:
                    break
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGINT)
            told += process.stdout.readlines()
        assert process.returncode == 0, "".join(told)
        assert children
        assert not [child for child in children if child.is_running()]
        folder = next(line.split()[-1] for line in told if line.startswith("Files until"))
        assert not Path(folder).exists()
