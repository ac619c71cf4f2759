"""The limited program: one strange file in, its measures and a small picture, its pages or a voice note out. Started by core.media.limited.

It is run by its path, never imported: it knows nothing of the product, has no environment, and once its libraries are
loaded it lowers its own limits for good. From then on it can start no process and gain no right, write no more than it is
allowed, and neither its memory nor its time can grow. Every descriptor it may have is taken, so a decoder that is led astray
opens no file and no socket; code that takes the process over could close one and use its number, then it has what this user
may read and the host's network. What it reads may be anything.

Standard input is the file, descriptor 3 the output, standard output the report (JSON). Exit code 3: refused.

Source: TRUST.md S40.
"""

from __future__ import annotations

import array
import codecs
import ctypes
import io
import json
import os
import resource
import signal
import sys
import wave
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

# (seconds of CPU, seconds by the clock, bytes of memory, bytes of output)
MB = 1024 * 1024
LIMITS = {
    "picture": (6, 12, 640 * MB, 1 * MB),
    "video": (10, 20, 768 * MB, 1 * MB),
    "sound": (20, 30, 512 * MB, 1 * MB),
    "voice": (60, 90, 512 * MB, 16 * MB),
    "pages": (10, 20, 640 * MB, 4 * MB),
    "table": (90, 110, 300 * MB, 96 * MB),
}
REFUSED = 3
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
# More than any phone's camera makes. Judged by the header alone: nothing of a larger one is ever decoded.
PIXEL_LIMIT = 60_000_000
EDGE = 640
# So many of a PDF's pages are shown, one under the other, wide enough to be read; a WebP may be 16,383 pixels high.
FIRST_PAGES = 5
PAGE_WIDTH, PAGE_HEIGHT, BETWEEN_PAGES = 900, 1_600, 16
BARS = 64
VOICE_RATE = 48_000
PEAK_RATE = 8_000
# What people send and browsers record. A playlist is none of them: it would only lead to other addresses.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,ogg,mp3,aac,amr,matroska,webm,wav"
OPENING = {"format_whitelist": FORMATS, "protocol_whitelist": "none", "probesize": str(4 * MB)}


class Refused(Exception):
    """The file is not what it should be."""


def close_up() -> None:
    """No right that a file of the system could give, no memory that others of the same user may read. Linux alone knows both."""
    if sys.platform == "linux":
        call = ctypes.CDLL(None, use_errno=True).prctl
        for what, value in ((PR_SET_NO_NEW_PRIVS, 1), (PR_SET_DUMPABLE, 0)):
            if call(what, *(ctypes.c_ulong(each) for each in (value, 0, 0, 0))):
                raise OSError(ctypes.get_errno(), "prctl")


def limit(job: str) -> None:
    close_up()
    cpu_s, wall_s, memory, output = LIMITS[job]
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NPROC, 0),
        # 0 to 3 are taken, so there is no number left for another one.
        (resource.RLIMIT_NOFILE, 4),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):
            # macOS knows some of these by name only; the clock below holds everywhere.
            if sys.platform == "linux":
                raise
    # Also when whoever started this is no longer there to stop it.
    signal.alarm(wall_s)


# --- Pictures -------------------------------------------------------------------------------------------------------


def picture(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    from PIL import Image, ImageOps  # noqa: PLC0415  # each job loads what it needs: av alone takes twice as long

    with Image.open(source, formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
        width, height = opened.size
        if not 0 < width * height <= PIXEL_LIMIT:
            raise Refused("too many pixels")
        if opened.getexif().get(0x0112) in (5, 6, 7, 8):
            width, height = height, width
        # A JPEG is decoded at a fraction of its size; then small first and upright second, which costs less memory.
        opened.draft("RGB", (2 * EDGE, 2 * EDGE))
        opened.thumbnail((EDGE, EDGE))
        write_thumbnail(ImageOps.exif_transpose(opened), into)
    return {"width": width, "height": height, "has_preview": True}


def write_thumbnail(image: Any, into: BinaryIO) -> None:
    """Only the pixels: where and by whom a picture was taken stays in the original."""
    from PIL import Image  # noqa: PLC0415

    mode = "RGBA" if image.has_transparency_data else "RGB"
    pixels = image.convert(mode)
    bare = Image.new(mode, pixels.size)
    bare.paste(pixels)
    bare.save(into, "WEBP", quality=75, method=4)


# --- Tables ---------------------------------------------------------------------------------------------------------

# A workbook's own limit; and what a sheet of so many rows may measure before it was packed.
ROW_LIMIT, COLUMN_LIMIT, CELL_LIMIT = 1_048_576, 100, 32_767
INFLATED_LIMIT = 512 * MB
# The sheet that says which format a workbook was made for (core.tables); its row comes before the others.
MARK_SHEET = "_ventanilla"
SEPARATORS = ",;\t|"
# By so much of a text its separator is told.
SAMPLE = 65_536
# What is often called a table and is none, by how it begins.
OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": "old_excel",
    b"%PDF": "not_a_table",
    b"\x1f\x8b": "packed",
    b"Rar!": "packed",
    b"7z\xbc\xaf": "packed",
    b"{\\rtf": "not_a_table",
}


def table(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    """The rows of the first visible sheet of a workbook, or of a text with separators, each as a line of JSON: texts as people see them."""
    head = source.read(8)
    source.seek(0)
    for mark, reason in OTHER_KINDS.items():
        if head.startswith(mark):
            raise Refused(reason)
    rows = workbook_rows(source) if head.startswith(b"PK") else text_rows(source)
    count = 0
    for count, row in enumerate(rows, start=1):  # told below
        if count > ROW_LIMIT:
            raise Refused("too_many_rows")
        if len(row) > COLUMN_LIMIT and any(row[COLUMN_LIMIT:]):
            raise Refused("too_many_columns")
        into.write(json.dumps(row[:COLUMN_LIMIT], ensure_ascii=False).encode() + b"\n")
    into.flush()
    return {"rows": count}


def workbook_rows(source: BinaryIO) -> Iterator[list[str]]:
    import zipfile  # noqa: PLC0415

    import openpyxl  # noqa: PLC0415

    with zipfile.ZipFile(source) as archive:
        parts = archive.infolist()
        names = {each.filename for each in parts}
        if "xl/workbook.xml" not in names:
            raise Refused("not_a_workbook")
        if any(name.endswith("vbaProject.bin") for name in names):
            raise Refused("macros")
        if any(each.flag_bits & 1 for each in parts):
            raise Refused("locked")
        # What it says of itself; one that lies meets the limits of memory and of time.
        if sum(each.file_size for each in parts) > INFLATED_LIMIT:
            raise Refused("inflated")
    book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
    if sheet is None:
        raise Refused("not_a_workbook")
    mark = next((each for each in book.worksheets if each.title == MARK_SHEET and each is not sheet), None)
    if mark is not None:
        mark.reset_dimensions()
        said = next(mark.iter_rows(min_row=1, max_row=1, max_col=1, values_only=True), (None,))
        yield [MARK_SHEET, cell_text(said[0] if said else None)]
    # What it says of its size may be anything.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        yield [cell_text(each) for each in row]


def cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:CELL_LIMIT]


def text_rows(source: BinaryIO) -> Iterator[list[str]]:
    """Read piece by piece: a text in memory may take four times its bytes."""
    import csv  # noqa: PLC0415

    encoding = encoding_of(source)
    source.seek(0)
    said = io.TextIOWrapper(source, encoding, errors="replace", newline="")
    start = said.read(SAMPLE)
    if start.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise Refused("not_a_table")
    csv.field_size_limit(CELL_LIMIT)
    first = next((line for line in io.StringIO(start) if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    said.seek(0)
    try:
        for row in csv.reader(said, delimiter=separator):
            if any("\0" in each for each in row):
                raise Refused("not_a_table")
            yield row
    except csv.Error:
        raise Refused("broken_text") from None
    finally:
        # It is not ours to close.
        said.detach()


def encoding_of(source: BinaryIO) -> str:
    """As it says by its first bytes; else UTF-8, or what Excel in the region writes."""
    head = source.read(3)
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return encoding
    source.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := source.read(MB):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


# --- Documents ------------------------------------------------------------------------------------------------------


def pages(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    """The first pages of a PDF in one picture. This build of pdfium knows no scripts and no forms, and here it opens no address."""
    from PIL import Image  # noqa: PLC0415  # as in picture
    from pypdfium2 import PdfDocument  # noqa: PLC0415  # as in picture

    document = PdfDocument(source)
    drawn = [drawn_page(document[number]) for number in range(min(len(document), FIRST_PAGES))]
    if not drawn:
        raise Refused("no page in it")
    width = max(each.width for each in drawn)
    height = sum(each.height for each in drawn) + BETWEEN_PAGES * (len(drawn) - 1)
    sheet = Image.new("RGBA", (width, height))
    top = 0
    for each in drawn:
        sheet.paste(each, ((width - each.width) // 2, top))
        top += each.height + BETWEEN_PAGES
    sheet.save(into, "WEBP", quality=75, method=2)
    return {"width": width, "height": height, "pages": len(document), "has_preview": True}


def drawn_page(page: Any) -> Any:
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise Refused("a page without a size")
    return page.render(scale=min(PAGE_WIDTH / width, PAGE_HEIGHT / height)).to_pil().convert("RGB")


# --- Video and sound ------------------------------------------------------------------------------------------------


def video(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    import av  # noqa: PLC0415

    with av.open(source, "r", options=OPENING, metadata_errors="ignore") as container:
        stream = next(iter(container.streams.video), None)
        if stream is None:
            raise Refused("no picture in it")
        width, height = stream.codec_context.width, stream.codec_context.height
        if not 0 < width * height <= PIXEL_LIMIT:
            raise Refused("too many pixels")
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        frame = next(iter(container.decode(stream)), None)
        if frame is None:
            raise Refused("no frame in it")
        part = min(1.0, EDGE / max(width, height))
        small = frame.reformat(width=max(2, int(width * part)), height=max(2, int(height * part)), format="rgb24")
        image: Any = small.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves this one untyped
        if turn := int(frame.rotation):
            image = image.rotate(turn, expand=True)
            width, height = (height, width) if turn % 180 else (width, height)
        write_thumbnail(image, into)
        seconds = container.duration / av.time_base if container.duration else 0.0
    return {"width": width, "height": height, "has_preview": True, "duration_ms": round(seconds * 1000) or None}


def sound(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    import av  # noqa: PLC0415

    peaks: list[tuple[int, int]] = []
    with av.open(source, "r", options=OPENING, metadata_errors="ignore") as container:
        for frame in resampled(av, container, PEAK_RATE):
            note_peak(frame, peaks)
    total = sum(count for count, _ in peaks)
    return {"duration_ms": round(total * 1000 / PEAK_RATE), "waveform": bars(peaks, total), "has_preview": False}


def note_peak(frame: Any, peaks: list[tuple[int, int]]) -> None:
    samples = array.array("h", bytes(frame.planes[0])[: frame.samples * 2])
    if samples:
        loudest, lowest = max(samples), min(samples)
        peaks.append((len(samples), max(loudest, -lowest)))


def bars(peaks: list[tuple[int, int]], total: int) -> list[int]:
    """BARS heights from 0 to 100, the loudest of them 100."""
    heights = [0] * BARS
    at = 0
    for count, peak in peaks:
        first, last = at * BARS // total, min(BARS - 1, (at + count - 1) * BARS // total)
        for bar in range(first, last + 1):
            heights[bar] = max(heights[bar], peak)
        at += count
    loudest = max(heights) or 1
    return [round(height * 100 / loudest) for height in heights]


def voice(source: BinaryIO, into: BinaryIO) -> dict[str, Any]:
    """Whatever a browser records, as the one thing WhatsApp shows as a voice note: Ogg, Opus, mono."""
    import av  # noqa: PLC0415

    total = 0
    peaks: list[tuple[int, int]] = []
    with (
        av.open(source, "r", options=OPENING, metadata_errors="ignore") as container,
        av.open(into, "w", format="ogg") as written,
    ):
        stream = written.add_stream("libopus", rate=VOICE_RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = 32_000
        for frame in resampled(av, container, VOICE_RATE):
            note_peak(frame, peaks)
            frame.pts = total
            total += frame.samples
            written.mux(stream.encode(frame))
        written.mux(stream.encode(None))
    return {"duration_ms": round(total * 1000 / VOICE_RATE), "waveform": bars(peaks, total), "has_preview": False}


def resampled(av: Any, container: Any, rate: int) -> Iterator[Any]:
    """The sound of a file in one shape. What breaks off in the middle ends there; what never began is refused."""
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        raise Refused("no sound in it")
    stream.thread_type = "NONE"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    has_begun = False
    try:
        for frame in container.decode(stream):
            for each in resampler.resample(frame):
                has_begun = has_begun or each.samples > 0
                yield each
    except av.FFmpegError:
        if not has_begun:
            raise
    yield from resampler.resample(None)
    if not has_begun:
        raise Refused("no sound in it")


JOBS: dict[str, Callable[[BinaryIO, BinaryIO], dict[str, Any]]] = {
    "picture": picture,
    "video": video,
    "sound": sound,
    "voice": voice,
    "pages": pages,
    "table": table,
}


def rehearse(job: str) -> None:
    """Do the job once with a file of our own: libraries load parts of themselves at the first use, and later they cannot."""
    source, into = io.BytesIO(), io.BytesIO()
    if job == "table":
        import openpyxl  # noqa: PLC0415

        book = openpyxl.Workbook()
        book.active.append(["a", 1, 1.5])
        book.save(source)
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            list(text_rows(io.BytesIO("a;b".encode(encoding))))
    elif job in ("picture", "pages"):
        from PIL import Image  # noqa: PLC0415

        Image.new("RGB", (2, 2)).save(source, "PDF" if job == "pages" else "JPEG")
    else:
        import av  # noqa: PLC0415

        if job == "video":
            with av.open(source, "w", format="matroska") as written:
                stream = written.add_stream("mjpeg", rate=1, width=16, height=16, pix_fmt="yuvj420p")
                written.mux(stream.encode(av.VideoFrame(16, 16, "yuvj420p")))
                written.mux(stream.encode(None))
        else:
            with wave.open(source, "wb") as sounds:
                sounds.setparams((1, 2, PEAK_RATE, 0, "NONE", ""))
                sounds.writeframes(bytes(2 * PEAK_RATE // 10))
    source.seek(0)
    JOBS[job](source, into)


def main(job: str, output: int) -> int:
    rehearse(job)
    if output != 3:
        os.dup2(output, 3)
        os.close(output)
    limit(job)
    try:
        with os.fdopen(0, "rb", closefd=False) as source, os.fdopen(3, "r+b", closefd=False) as into:
            report = JOBS[job](source, into)
    except Exception as error:  # noqa: BLE001  # whatever a strange file makes a decoder say, the answer is the same
        sys.stdout.write(json.dumps({"refused": f"{type(error).__name__}: {error}"[:300]}))
        return REFUSED
    sys.stdout.write(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
