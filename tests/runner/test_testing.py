"""What `run.py test` makes of failures."""

import json
from contextlib import nullcontext

import pytest

from runner import testing
from runner.arguments import read_arguments

ONE, TWO = "tests/a/test_b.py::test_c", "tests/a/test_b.py::test_d"


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """`runs(1, 0, failed=[ONE])`: what pytest answers, the first time and then, and what it wrote down; gives its commands."""
    commands = []
    monkeypatch.setattr(testing, "prepare", lambda **_: None)
    monkeypatch.setattr(testing, "build_environment", dict)
    monkeypatch.setattr(testing, "find_chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(testing, "node_command", lambda: "node")
    monkeypatch.setattr(testing, "test_services", lambda request: nullcontext({}))
    monkeypatch.setattr(testing, "LAST_FAILED", tmp_path / "lastfailed")

    def begin(*codes, failed=()):
        testing.LAST_FAILED.write_text(json.dumps(dict.fromkeys(failed, True)))
        answers = iter(codes)

        def timed(command, environment):
            if "pytest" not in command:
                return 0, 1.0
            commands.append(command[command.index("pytest") + 1 :])
            return next(answers), 1.0

        monkeypatch.setattr(testing, "timed", timed)
        return commands

    return begin


def test_what_failed_alone_among_all_is_tried_once_more_and_named(runs, capsys):
    commands = runs(1, 0, failed=[ONE])
    assert testing.run_test(read_arguments(["test"], {})) == 0
    assert commands == [["-n", "2", "--dist", "loadgroup"], ["--last-failed", "-n", "0"]]
    assert f"Failed first and passed alone, so they depend on something they should not. Mend them: {ONE}" in (
        capsys.readouterr().out
    )


def test_what_fails_twice_has_failed(runs, capsys):
    commands = runs(1, 1, failed=[ONE])
    assert testing.run_test(read_arguments(["test"], {})) == 1
    assert len(commands) == 2
    assert "Tests failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        (0, []),
        (1, [f"{ONE}[{number}]" for number in range(testing.MOST_RETRIED + 1)]),
        (1, [ONE, "tests/a/test_e.py"]),
        # Interrupted, or not understood.
        (2, [ONE]),
        (4, []),
    ],
)
def test_only_a_few_failures_are_tried_again(runs, code, failed):
    commands = runs(code, 0, failed=failed)
    assert testing.run_test(read_arguments(["test"], {})) == code
    assert len(commands) == 1


def test_who_asks_for_some_tests_sees_them_as_they_are(runs):
    commands = runs(1, 0, failed=[ONE, TWO])
    assert testing.run_test(read_arguments(["test", "tests/a"], {})) == 1
    assert len(commands) == 1
