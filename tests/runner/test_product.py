import socket

import pytest
from django.conf import settings

from runner import product
from runner.children import Child
from runner.datadir import open_data_folder
from runner.product import Watch, ask, free_port, refuse_taken_port
from runner.terminal import Refusal
from runner.testing import spread


class Dead:
    """A process that has ended."""

    pid, returncode = 1, 3

    def poll(self):
        return self.returncode


@pytest.fixture
def watch(tmp_path, monkeypatch):
    monkeypatch.setattr(product.time, "sleep", lambda seconds: None)
    return Watch(open_data_folder(tmp_path / "data"), {})


def dead_child(watch, name="worker"):
    log = watch.folder.logs / f"{name}.log"
    log.write_text("why it died")
    return Child(name, Dead(), log)  # type: ignore[arg-type]  # only `poll` is asked


def test_a_worker_that_keeps_dying_is_given_up_with_its_last_words(watch, capsys):
    child = dead_child(watch)
    watch.adopt(child, lambda: child)
    for _ in range(product.MOST_RESTARTS):
        watch.start_again(child)
    assert capsys.readouterr().out.count("worker was started again") == product.MOST_RESTARTS
    with pytest.raises(Refusal, match=r"worker ended with code 3(.|\n)*why it died"):
        watch.start_again(child)


def test_what_cannot_be_started_again_ends_the_run(watch):
    child = dead_child(watch, "postgres")
    watch.adopt(child)
    with pytest.raises(Refusal, match="postgres ended with code 3"):
        watch.start_again(child)


def test_a_process_that_dies_at_the_start_is_not_waited_for(watch):
    watch.adopt(dead_child(watch, "web"))
    with pytest.raises(Refusal, match="web ended with code 3"):
        watch.wait_for(f"http://127.0.0.1:{free_port()}/healthz")


def test_an_address_without_a_listener_is_not_well():
    is_well, heard = ask(f"http://127.0.0.1:{free_port()}/")
    assert not is_well
    assert heard


def test_a_taken_port_says_what_to_do():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {port} is taken by another program\. Choose another: --port \d+"):
            refuse_taken_port(port)
    refuse_taken_port(free_port())


@pytest.mark.parametrize("arguments", [("-n", "0"), ("-n4",), ("--numprocesses=3",), ("tests/inbox", "--pdb")])
def test_whoever_says_how_many_workers_is_obeyed(arguments):
    assert spread(arguments) == []


def test_two_workers_otherwise():
    assert spread(("tests/inbox", "-k", "race"))[:2] == ["-n", "2"]


def test_every_queue_is_served_once_and_what_calls_the_provider_holds_up_nothing_that_comes_in():
    served = [queue for queues, _at_once in product.WORKERS.values() for queue in queues]
    assert sorted(served) == sorted(settings.WORK_QUEUES)
    by_queue = {queue: name for name, (queues, _at_once) in product.WORKERS.items() for queue in queues}
    assert len({by_queue[queue] for queue in ("inbound", "outbound", "media", "push")}) == 4
    command = [str(word) for word in product.worker_command("worker-outbound")]
    assert command[command.index("-Q") + 1] == "outbound"
