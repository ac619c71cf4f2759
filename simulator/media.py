"""Pictures and files, held in memory, and the addresses under which Meta hands them out for five minutes."""

import hashlib
import hmac
import secrets
import struct
import zlib
from collections import OrderedDict
from dataclasses import dataclass

MEGABYTE = 1024 * 1024

# Accepted on upload, with the largest size of each, from Meta's «Supported media types».
LIMITS = {
    "image/jpeg": 5 * MEGABYTE,
    "image/png": 5 * MEGABYTE,
    "image/webp": 500 * 1024,
    "video/mp4": 16 * MEGABYTE,
    "video/3gp": 16 * MEGABYTE,
    "video/3gpp": 16 * MEGABYTE,
    "audio/aac": 16 * MEGABYTE,
    "audio/amr": 16 * MEGABYTE,
    "audio/mpeg": 16 * MEGABYTE,
    "audio/mp4": 16 * MEGABYTE,
    "audio/ogg": 16 * MEGABYTE,
    "text/plain": 100 * MEGABYTE,
    "application/pdf": 100 * MEGABYTE,
    "application/vnd.ms-powerpoint": 100 * MEGABYTE,
    "application/msword": 100 * MEGABYTE,
    "application/vnd.ms-excel": 100 * MEGABYTE,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": 100 * MEGABYTE,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": 100 * MEGABYTE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": 100 * MEGABYTE,
}
LARGEST = max(LIMITS.values())

_SIGNATURES = {"image/jpeg": (b"\xff\xd8\xff",), "image/png": (b"\x89PNG\r\n\x1a\n",), "image/webp": (b"RIFF",)}


@dataclass(frozen=True)
class Media:
    id: str
    content: bytes
    mime_type: str
    number_id: str
    name: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def looks_like_its_type(self) -> bool:
        """Meta reads the bytes, not the name: text called image/png is accepted first and fails afterwards."""
        starts = _SIGNATURES.get(self.mime_type)
        return starts is None or self.content.startswith(starts)


class MediaStore:
    """Bounded by bytes: the oldest leave first, as the real ones expire."""

    KEPT_BYTES = 256 * MEGABYTE

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Media] = OrderedDict()
        self._bytes = 0
        self._secret = secrets.token_bytes(32)

    def add(self, content: bytes, mime_type: str, *, number_id: str, name: str = "") -> Media:
        media = Media(str(secrets.randbelow(9 * 10**15) + 10**15), content, mime_type, number_id, name)
        self._by_id[media.id] = media
        self._bytes += len(content)
        while self._bytes > self.KEPT_BYTES and len(self._by_id) > 1:
            self.remove(next(iter(self._by_id)))
        return media

    def get(self, media_id: str) -> Media | None:
        return self._by_id.get(media_id)

    def remove(self, media_id: str) -> bool:
        media = self._by_id.pop(media_id, None)
        if media is not None:
            self._bytes -= len(media.content)
        return media is not None

    def address(self, media_id: str, *, base: str, expires: int) -> str:
        return (
            f"{base.rstrip('/')}/whatsapp_business/attachments/"
            f"?mid={media_id}&source=getMedia&ext={expires}&hash={self._seal(media_id, expires)}"
        )

    def is_address_valid(self, media_id: str, expires: str, seal: str, *, now: float) -> bool:
        if not expires.isdigit() or int(expires) < now:
            return False
        return hmac.compare_digest(seal.encode(), self._seal(media_id, int(expires)).encode())

    def _seal(self, media_id: str, expires: int) -> str:
        return hmac.new(self._secret, f"{media_id}:{expires}".encode(), hashlib.sha256).hexdigest()[:32]


# ── The sample photo: a house by the square, drawn by hand so that no picture has to be shipped ──────────────────


class _Canvas:
    """Horizontal spans over rows of RGB: quick enough in plain Python for a picture of this size."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [bytearray(width * 3) for _ in range(height)]

    def span(self, y: int, left: int, right: int, colour: tuple[int, int, int]) -> None:
        left, right = max(0, left), min(self.width, right)
        if 0 <= y < self.height and left < right:
            self.rows[y][left * 3 : right * 3] = bytes(colour) * (right - left)

    def box(self, left: int, top: int, right: int, bottom: int, colour: tuple[int, int, int]) -> None:
        for y in range(top, bottom):
            self.span(y, left, right, colour)

    def disc(self, x: int, y: int, radius: int, colour: tuple[int, int, int]) -> None:
        for dy in range(-radius, radius + 1):
            half = int((radius * radius - dy * dy) ** 0.5)
            self.span(y + dy, x - half, x + half, colour)

    def roof(self, left: int, right: int, top: int, bottom: int, colour: tuple[int, int, int]) -> None:
        middle = (left + right) / 2
        for y in range(top, bottom):
            half = (right - left) / 2 * (y - top) / (bottom - top)
            self.span(y, int(middle - half), int(middle + half), colour)

    def png(self) -> bytes:
        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        body = zlib.compress(b"".join(b"\x00" + bytes(row) for row in self.rows), 6)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def sample_photo(variant: int = 0) -> bytes:
    """A PNG of 800 by 600. The variant moves the sun and repaints the wall: two photos in a row differ."""
    walls = ((236, 221, 196), (214, 226, 222), (240, 206, 190), (222, 216, 236))
    canvas = _Canvas(800, 600)
    for y in range(420):  # evening sky
        part = y / 420
        canvas.span(y, 0, 800, (int(120 + 125 * part), int(178 + 36 * part), int(208 - 16 * part)))
    canvas.disc(130 + variant * 137 % 520, 120, 46, (255, 236, 190))
    for x, radius in ((90, 150), (300, 120), (720, 190)):  # hills
        canvas.disc(x, 440, radius, (104, 142, 122))
    canvas.box(0, 420, 800, 600, (132, 160, 112))
    canvas.box(0, 520, 800, 600, (158, 150, 140))  # street
    canvas.box(0, 512, 800, 522, (206, 200, 190))
    _draw_house(canvas, walls[variant % len(walls)])
    _draw_tree(canvas, 665)
    return canvas.png()


def _draw_house(canvas: _Canvas, wall: tuple[int, int, int]) -> None:
    dark, glass, clay = (92, 66, 52), (150, 190, 204), (196, 106, 66)
    canvas.box(220, 270, 570, 512, wall)
    canvas.roof(190, 600, 170, 272, clay)
    canvas.box(360, 380, 430, 512, dark)
    canvas.disc(395, 380, 35, dark)  # an arched door: what else, in this house
    for left in (258, 466):
        canvas.box(left - 5, 325, left + 71, 401, (250, 246, 238))
        canvas.box(left, 330, left + 66, 396, glass)
        canvas.box(left + 31, 330, left + 35, 396, (250, 246, 238))
        canvas.box(left, 361, left + 66, 365, (250, 246, 238))
    canvas.disc(420, 450, 4, (232, 196, 120))
    canvas.box(340, 506, 450, 516, (186, 178, 168))


def _draw_tree(canvas: _Canvas, x: int) -> None:
    canvas.box(x - 10, 390, x + 10, 512, (110, 84, 62))
    for dx, dy, radius in ((0, 330, 62), (-42, 368, 44), (44, 366, 48)):
        canvas.disc(x + dx, dy, radius, (74, 122, 88))
