"""Every behaviour of docs/faults.md has a figure and a control somewhere: none is claimed that no test prints (TRUST.md, its head)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.figures import control, figure
from tests.stack import ROOT

CLAIMED = re.findall(r"^\| (R\d\d) \|", (ROOT / "docs" / "faults.md").read_text(), re.MULTILINE)


def printed(by: str) -> set[str]:
    """The behaviours named in functions that call `by`; what a test is marked with says nothing of what it prints."""
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef) and by in set(called(function)):
                body = ast.Module(body=function.body, type_ignores=[])
                words = {each.value for each in ast.walk(body) if isinstance(each, ast.Constant)}
                found |= {each for each in words if isinstance(each, str) and re.fullmatch(r"R\d\d", each)}
    return found


def called(function: ast.FunctionDef) -> Iterator[str]:
    for each in ast.walk(function):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
            yield each.func.id


def test_each_of_them_prints_its_figure_and_its_control() -> None:
    assert len(CLAIMED) >= 33
    assert set(CLAIMED) - printed("figure") == set()
    assert set(CLAIMED) - printed("control") == set()


def test_a_figure_says_on_how_much_how_often_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    figure("R00", "1 of 1", data="one line", samples=1_234)
    control("R00", "0 of 1", data="one line", samples=1)
    said = capsys.readouterr().out
    assert re.search(r"R00: 1 of 1\n    one line; n=1,234; (small|full) scale; \d+ cores \(", said)
    assert "R00 negative control: 0 of 1" in said
