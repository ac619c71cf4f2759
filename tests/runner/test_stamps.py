import pytest

from runner import packages
from runner.stamps import digest, read_stamps, write_stamps
from runner.terminal import Refusal


def test_a_digest_follows_names_contents_and_facts(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("one")
    seen = {digest([tmp_path]), digest([tmp_path], "3.11")}
    file.write_text("two")
    seen.add(digest([tmp_path]))
    file.rename(tmp_path / "b.txt")
    seen.add(digest([tmp_path]))
    assert len(seen) == 4
    assert digest([tmp_path]) == digest([tmp_path])


def test_a_missing_file_has_a_digest_of_its_own(tmp_path):
    missing = digest([tmp_path / "a"])
    (tmp_path / "a").touch()
    assert digest([tmp_path / "a"]) != missing


def test_compiled_python_is_no_input(tmp_path):
    before = digest([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()
    assert digest([tmp_path]) == before


def test_stamps_add_up_and_a_damaged_file_counts_as_none(tmp_path):
    file = tmp_path / "deep" / "stamps.json"
    write_stamps(file, one="1")
    write_stamps(file, two="2")
    assert read_stamps(file) == {"one": "1", "two": "2"}
    assert [path.name for path in file.parent.iterdir()] == ["stamps.json"]
    file.write_text("{half")
    assert read_stamps(file) == {}
    file.write_text("[]")
    assert read_stamps(file) == {}


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """A checkout whose .venv works; tells which requirements were installed."""
    files = {level: tmp_path / f"requirements-{level}.txt" for level in ("embedded", "dev")}
    for file in files.values():
        file.write_text("one==1\n")
    calls = []
    monkeypatch.setattr(packages, "REQUIREMENTS", files)
    monkeypatch.setattr(packages, "STAMPS", tmp_path / ".venv" / "ventanilla.json")
    monkeypatch.setattr(packages, "has_working_venv", lambda: True)
    monkeypatch.setattr(packages, "install", lambda file: calls.append(file.name))
    return {"calls": calls, "files": files}


def test_packages_are_installed_once(installed):
    packages.prepare_python("embedded")
    packages.prepare_python("embedded")
    assert installed["calls"] == ["requirements-embedded.txt"]


def test_the_development_packages_hold_the_others(installed):
    packages.prepare_python("dev")
    packages.prepare_python("embedded")
    assert installed["calls"] == ["requirements-dev.txt"]


def test_changed_requirements_are_installed_again(installed):
    packages.prepare_python("embedded")
    installed["files"]["embedded"].write_text("one==2\n")
    packages.prepare_python("embedded")
    assert installed["calls"] == ["requirements-embedded.txt"] * 2


def test_a_failed_installation_is_tried_again(installed, monkeypatch):
    def fail(file):
        raise Refusal("no network")

    with monkeypatch.context() as patch:
        patch.setattr(packages, "install", fail)
        with pytest.raises(Refusal):
            packages.prepare_python("embedded")
    packages.prepare_python("embedded")
    assert installed["calls"] == ["requirements-embedded.txt"]


def test_a_python_without_venv_says_what_to_install(monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(Refusal, match="apt install python3-venv"):
        packages.make_venv()
