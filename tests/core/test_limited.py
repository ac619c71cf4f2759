"""Strange files are opened in a limited process: what it can do, what it refuses, and how soon (S40)."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import pytest
from PIL import Image

from core.media import child
from core.media.limited import PROGRAM, Job, Measures, Overrun, Unreadable, measure, to_voice_note
from tests import strange_files as files
from tests.concurrency import IS_FULL

# TRUST.md asks for one on a quiet machine. What a bomb would take is minutes: beside other tests that is what is told apart.
SOON_S = 1.0 if IS_FULL else 15.0


def measured(job: Job, content: bytes) -> tuple[Measures, bytes]:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as into:
        source.write(content)
        return measure(job, source, into), into.read()


@pytest.mark.shows("S40")
@pytest.mark.parametrize(
    ("job", "content"),
    [
        (Job.PICTURE, files.png_of(50_000, 50_000)),
        (Job.PICTURE, files.png_of(9_000, 9_000)),
        (Job.PICTURE, files.png_of(4_000, 4_000)),
        (Job.PICTURE, files.picture("JPEG", size=(2_000, 2_000))[:3_000]),
        (Job.PICTURE, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        (Job.PICTURE, b""),
        (Job.SOUND, b"OggS" + os.urandom(20_000)),
        (Job.SOUND, b"ID3" + bytes(5_000)),
        (Job.SOUND, files.PLAYLIST),
        (Job.SOUND, files.video(frames=2)),
        (Job.VIDEO, b"\0\0\0\x18ftypmp42" + os.urandom(20_000)),
        (Job.VIDEO, files.video()[:300]),
        (Job.VIDEO, files.PLAYLIST),
        (Job.PAGES, b"%PDF-1.4\n" + os.urandom(20_000)),
        (Job.PAGES, b"%PDF-1.4\n%%EOF\n"),
        (Job.PAGES, files.pdf()[:400]),
        (Job.PAGES, files.locked_pdf()),
        (Job.VOICE, b"\x1aE\xdf\xa3" + os.urandom(5_000)),
    ],
)
def test_a_bad_file_is_refused_soon_and_costs_little(job: Job, content: bytes) -> None:
    asked = [sys.executable, "-c", ASK, job.value]
    answer = subprocess.run(asked, input=content, capture_output=True, check=True, timeout=180)
    took, largest_kb = answer.stdout.split()
    assert float(took) < SOON_S, took
    # A bomb that is decoded would be gigabytes.
    assert int(largest_kb) < 400_000


# In a process that has no other children, so that the largest of them is the one that met the file.
ASK = """
import resource, sys, tempfile, time
from core.media.limited import Job, Unreadable, measure
with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as into:
    source.write(sys.stdin.buffer.read())
    began = time.perf_counter()
    try:
        measure(Job(sys.argv[1]), source, into)
    except Unreadable:
        print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_picture_is_shrunk_turned_upright_and_says_nothing_of_its_maker() -> None:
    original = files.picture("JPEG", size=(1_600, 1_200), orientation=6, gps=True)
    assert b"SecretCamera" in original
    measures, thumbnail = measured(Job.PICTURE, original)
    assert (measures.width, measures.height, measures.has_preview) == (1_200, 1_600, True)
    with Image.open(io.BytesIO(thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (480, 640))
        assert not small.getexif()
    assert b"SecretCamera" not in thumbnail


def test_a_video_has_a_poster_and_a_length_a_sound_a_length_and_heights() -> None:
    measures, poster = measured(Job.VIDEO, files.video(size=(1_280, 720)))
    assert (measures.width, measures.height, measures.duration_ms) == (1_280, 720, 2_000)
    with Image.open(io.BytesIO(poster)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (640, 360))
    measures, nothing = measured(Job.SOUND, files.sound(seconds=2))
    assert (measures.duration_ms, nothing) == (2_000, b"")
    assert measures.waveform is not None
    assert (len(measures.waveform), max(measures.waveform)) == (64, 100)
    assert min(measures.waveform) > 0


@pytest.mark.shows("P0-30")
def test_of_a_pdf_the_first_pages_are_drawn_one_under_the_other() -> None:
    measures, sheet = measured(Job.PAGES, files.pdf(pages=7))
    assert (measures.pages, measures.has_preview) == (7, True)
    assert (measures.width, measures.height) == (900, 5 * 1_274 + 4 * 16)
    with Image.open(io.BytesIO(sheet)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (900, 6_434))
        colours = [shown.convert("RGB").getpixel((450, 1_290 * page + 600)) for page in range(5)]
    for page, colour in enumerate(colours):
        assert colour == pytest.approx((20 * page, 90, 120), abs=6)


@pytest.mark.shows("S40")
def test_a_page_as_wide_as_a_street_costs_no_more_than_another() -> None:
    wide = files.pdf(pages=1, size=(300, 200)).replace(b"300.0", b"14400").replace(b"200.0", b"0.001")
    assert b"14400" in wide
    measures, _sheet = measured(Job.PAGES, wide)
    assert measures.width is not None
    assert measures.height is not None
    assert measures.width <= 900
    assert measures.height <= 1_600


@pytest.mark.parametrize(
    ("form", "codec", "rate"),
    [
        ("webm", "libopus", 48_000), ("mp4", "aac", 48_000), ("ogg", "libopus", 48_000), ("wav", "pcm_s16le", 44_100), ("mp3", "libmp3lame", 44_100),
        ("adts", "aac", 44_100),
    ],
)  # fmt: skip
def test_whatever_a_browser_records_becomes_a_voice_note(tmp_path: Path, form: str, codec: str, rate: int) -> None:
    source, target = tmp_path / "recorded", tmp_path / "voice.ogg"
    source.write_bytes(files.sound(form, codec, rate=rate, seconds=2))
    duration_ms = to_voice_note(source, target)
    assert abs(duration_ms - 2_000) < 60
    with av.open(str(target)) as written:
        (stream,) = written.streams
        context = stream.codec_context
        assert (written.format.name, context.name, context.layout.name, context.sample_rate) == (
            "ogg", "opus", "mono", 48_000,
        )  # fmt: skip
        heard = sum(frame.samples for frame in written.decode(stream))
    assert abs(heard / 48_000 - 2) < 0.1


def test_what_is_no_sound_leaves_no_voice_note(tmp_path: Path) -> None:
    (tmp_path / "recorded").write_bytes(b"\x1aE\xdf\xa3" + bytes(3_000))
    with pytest.raises(Unreadable):
        to_voice_note(tmp_path / "recorded", tmp_path / "voice.ogg")
    assert [each.name for each in tmp_path.iterdir()] == ["recorded"]


PRISONER = """
import sys, os, json, socket
sys.path.insert(0, {folder!r})
import child
def rights():
    import ctypes
    return ctypes.CDLL(None).prctl(39, 0, 0, 0, 0)
def escape(source, into):
    told = {{"environment": dict(os.environ)}}
    for name, deed in {{
        "open": lambda: open("/etc/passwd"), "write": lambda: open("/tmp/escaped", "w"), "socket": lambda: socket.socket(),
        "rights": lambda: 1 / (1 - rights()),
        "pipe": os.pipe, "dup": lambda: os.dup(0), "memory": lambda: bytearray(2 * 1024**3), "large": lambda: into.write(bytes(64 * 1024**2)) and into.flush(),
        "raise": lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_AS, (-1, -1)) if os.getuid() else 1 / 0,
    }}.items():
        try:
            deed()
            told[name] = "done"
        except BaseException as error:
            told[name] = type(error).__name__
    return told
if "spin" in sys.argv:
    child.LIMITS["picture"] = (1, 2, 640 * child.MB, child.MB)
    child.JOBS["picture"] = lambda source, into: [0 for _ in iter(int, 1)]
else:
    child.JOBS["picture"] = escape
child.rehearse = lambda job: None
sys.exit(child.main("picture", int(sys.argv[1])))
"""


def prisoner(*more: str) -> subprocess.CompletedProcess[bytes]:
    script = PRISONER.format(folder=str(PROGRAM.parent))
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as into:
        return subprocess.run(
            [sys.executable, "-I", "-c", script, str(into.fileno()), *more],
            stdin=source, capture_output=True, pass_fds=(into.fileno(),), env={}, timeout=120,
        )  # fmt: skip


@pytest.mark.shows("S40")
@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
def test_whoever_takes_the_process_over_can_do_nothing_with_it() -> None:
    import json

    told = json.loads(prisoner().stdout)
    # What the C library sets for itself (LC_CTYPE) is nobody's secret.
    assert set(told.pop("environment")) <= {"LC_CTYPE"}
    assert "done" not in told.values(), told
    assert told["open"] == told["write"] == told["socket"] == told["pipe"] == "OSError"
    assert told["memory"] == "MemoryError"
    assert not Path("/tmp/escaped").exists()


KEEPER = """
import ctypes, os, sys
from core.media.limited import close_memory
# A user without rights, as in the image; becoming one closes the memory by itself, so it is opened again first.
os.setgroups([]), os.setgid(65534), os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
if sys.argv[1] == "closed":
    close_memory()
if child := os.fork():
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    try:
        os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY)
    except PermissionError:
        os._exit(13)
    os._exit(0)
"""


@pytest.mark.shows("S40")
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="becomes another user, on Linux")
def test_a_child_that_was_taken_over_reads_no_memory_of_who_started_it() -> None:
    answers = {}
    for memory in ("open", "closed"):
        asked = [sys.executable, "-c", KEEPER, memory]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)
        answers[memory] = told.stdout.strip()
    if answers["open"] != "0":
        pytest.skip("this machine lets nobody read another process")
    assert answers == {"open": "0", "closed": "13"}


@pytest.mark.shows("S40")
def test_one_that_never_ends_is_ended() -> None:
    assert prisoner("spin").returncode < 0


def test_one_that_outlives_itself_is_killed_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.media.limited.WALL_S", dict.fromkeys(Job, 0.01))
    with pytest.raises(Overrun):
        measured(Job.PICTURE, files.picture())


def test_the_child_knows_nothing_of_the_product() -> None:
    source = Path(child.__file__).read_text()
    assert "django" not in source
    assert "from core" not in source
