"""Files as phones and browsers make them, and as nobody should: made when asked for, none kept in the repository."""

from __future__ import annotations

import array
import io
import math
import struct
import zlib

import av
from PIL import Image


def picture(form: str = "PNG", *, size: tuple[int, int] = (40, 30), orientation: int = 1, gps: bool = False) -> bytes:
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    if gps:
        exif[0x010F] = "SecretCamera"
        exif.get_ifd(0x8825)[1] = "S"
    Image.new("RGB", size, "teal").save(made, form, exif=exif)
    return made.getvalue()


def png_of(width: int, height: int, *, body: bytes = bytes(100_000)) -> bytes:
    """A PNG that says it is so large, and is not."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def sound(form: str = "ogg", codec: str = "libopus", *, rate: int = 48_000, seconds: float = 1.0) -> bytes:
    made = io.BytesIO()
    with av.open(made, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        at = 0
        while at < rate * seconds:
            tone = array.array("h", [int(20_000 * math.sin((at + step) * 0.05)) for step in range(960)])
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(tone.tobytes())
            frame.sample_rate, frame.pts = rate, at
            container.mux(stream.encode(frame))
            at += 960
        container.mux(stream.encode(None))
    return made.getvalue()


def video(*, size: tuple[int, int] = (320, 240), frames: int = 20, codec: str = "mpeg4") -> bytes:
    """Browsers play `libx264`; `mpeg4` is what phones of before filmed in."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=10, width=size[0], height=size[1], pix_fmt="yuv420p")
        for each in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", size, (each * 10, 0, 99)))))
        container.mux(stream.encode(None))
    return made.getvalue()


def pdf(*, pages: int = 2, size: tuple[int, int] = (595, 842)) -> bytes:
    """Pages of one colour each, one point a pixel."""
    sheets = [Image.new("RGB", size, (20 * (each % 12), 90, 120)) for each in range(pages)]
    made = io.BytesIO()
    sheets[0].save(made, "PDF", save_all=True, append_images=sheets[1:], resolution=72)
    return made.getvalue()


def locked_pdf() -> bytes:
    """It says that only who knows a password may read it."""
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O ("
        + b"o" * 32
        + b") /U ("
        + b"u" * 32
        + b") >> /ID [(a) (a)]"
    )
    return pdf().replace(b"/Root", lock + b" /Root")


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
GIF_THAT_IS_A_PROGRAM = b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//"
