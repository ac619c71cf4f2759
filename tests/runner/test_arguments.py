from pathlib import Path

import pytest

from runner.arguments import read_arguments
from runner.places import ROOT
from runner.terminal import Refusal


def test_no_words_mean_the_demo_on_port_8000_in_the_checkout():
    request = read_arguments([], {})
    assert (request.command, request.port, request.data, request.is_fresh) == ("demo", 8000, ROOT / ".data", False)


@pytest.mark.parametrize(
    "words",
    [["--port", "9000", "serve"], ["serve", "--port", "9000"], ["serve", "--port=9000"], ["--port=9000", "serve"]],
)
def test_options_may_stand_before_or_after_the_command(words):
    request = read_arguments(words, {})
    assert (request.command, request.port) == ("serve", 9000)


def test_the_port_on_the_command_line_wins_over_the_environment():
    assert read_arguments([], {"PORT": "9001"}).port == 9001
    assert read_arguments(["--port", "9000"], {"PORT": "9001"}).port == 9000


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80a", "8 0", "٣٤", "1e3", "''"])
def test_a_wrong_port_is_named_in_the_refusal(value):
    with pytest.raises(Refusal, match="PORT is .* it must be a whole number from 1 to 65535"):
        read_arguments([], {"PORT": value})
    with pytest.raises(Refusal, match="--port is .* it must be a whole number from 1 to 65535"):
        read_arguments([f"--port={value}"], {})


def test_a_relative_data_folder_is_relative_to_where_the_person_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert read_arguments(["--data", "here"], {}).data == tmp_path / "here"
    assert read_arguments(["--data", "/else/where"], {}).data == Path("/else/where")


def test_what_follows_manage_is_left_alone():
    request = read_arguments(
        ["--data", "d", "manage", "add_whatsapp_account", "--name", "X", "--port=1", "--fresh", "-h"], {}
    )
    assert request.arguments == ("add_whatsapp_account", "--name", "X", "--port=1", "--fresh", "-h")
    assert not request.is_fresh
    assert not request.wants_help


def test_what_follows_test_goes_to_pytest():
    request = read_arguments(["test", "tests/inbox", "-k", "race", "-x", "-h"], {})
    assert request.arguments == ("tests/inbox", "-k", "race", "-x", "-h")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["serv"], "«serv» is not a command"),
        (["--prot", "1"], "«--prot» is not a command"),
        (["--port"], "--port needs a value"),
        (["demo", "now"], "«now» was not expected after demo"),
        (["check", "--all"], "«--all» was not expected after check"),
        (["bench", "inbox", "ingress"], "«ingress» was not expected after bench"),
        (["faults", "--hard"], "«--hard» was not expected after faults"),
        (["manage"], "`manage` needs a command"),
    ],
)
def test_what_is_not_understood_is_named(words, sentence):
    with pytest.raises(Refusal, match=sentence):
        read_arguments(words, {})
