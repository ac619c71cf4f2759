"""Makes `static_build/` out of the sources and of node_modules. Git ignores the folder: nothing third-party is kept here.

Every file is written only when its content changes, so a second run touches nothing and `collectstatic` copies nothing.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polib

from core.assets import BUNDLE, EMOJI, SPRITE, STYLE_SHEETS, VENDOR, own_modules, read_icon_list

# What a browser that understands modules picks first; then what any ES module consumer gets.
EXPORT_CONDITIONS = ("browser", "import", "module", "default")

FONTS = {
    "vendor/inter-latin.woff2": "files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "files/inter-latin-ext-wght-normal.woff2",
}
FONT_PACKAGE = "@fontsource-variable/inter"
EMOJI_PACKAGE = "emojibase-data"
EMOJI_COMPONENTS = 2
LICENSED = (
    "preact",
    "@preact/signals-core",
    "@preact/signals",
    "htm",
    FONT_PACKAGE,
    "lucide-static",
    "simple-icons",
    EMOJI_PACKAGE,
)

_SVG = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# A map that is not served breaks ManifestStaticFilesStorage, which follows the comment.
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class AssetError(Exception):
    """Something the build needs is not there; the text says what and where."""


def build(base: Path) -> list[str]:
    """Builds everything; answers the names of the files that changed."""
    node_modules, out = base / "node_modules", base / "static_build"
    if not node_modules.is_dir():
        raise AssetError("node_modules is missing: run `npm ci` first")
    made = {BUNDLE: _bundle(base / "static"), SPRITE: _sprite(base / "static" / "icons.txt", node_modules)}
    made.update(_vendor(node_modules))
    made.update(_emoji(node_modules / EMOJI_PACKAGE))
    made.update(_modules(base / "static" / "js", node_modules))
    _forget_modules(out, made)
    changed = [name for name, content in made.items() if _write(out / name, content)]
    return changed + build_catalogues(base / "locale")


def build_catalogues(locale: Path) -> list[str]:
    """.po -> .mo in pure Python: a machine that only runs Ventanilla needs no gettext."""
    changed = []
    for po in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if _write(mo, polib.pofile(str(po)).to_binary()):
            changed.append(mo.relative_to(locale.parent).as_posix())
    return changed


def _bundle(static: Path) -> bytes:
    # Comments stay: the server compresses, and a readable style sheet in the inspector is worth the few bytes.
    # Relative url() would break here; fonts.css, at the same depth as the bundle, is the only file that has any.
    return "\n".join((static / name).read_text(encoding="utf-8") for name in STYLE_SHEETS).encode()


def _sprite(icon_list: Path, node_modules: Path) -> bytes:
    symbols = []
    for name in read_icon_list(icon_list):
        family, _, glyph = name.partition("-")
        if family == "lucide":
            path, paint = node_modules / "lucide-static" / "icons" / f"{glyph}.svg", ""
        elif family == "brand":
            # Brand glyphs are filled shapes; the attributes win over the stroke that `.icon` lends to the others.
            path, paint = node_modules / "simple-icons" / "icons" / f"{glyph}.svg", ' fill="currentColor" stroke="none"'
        else:
            raise AssetError(f"static/icons.txt: «{name}» must start with lucide- or brand-")
        if not path.is_file():
            raise AssetError(f"static/icons.txt: there is no icon «{name}» ({path.relative_to(node_modules.parent)})")
        shapes = _SVG.search(path.read_text(encoding="utf-8"))
        if shapes is None:
            raise AssetError(f"{path} is not an SVG picture")
        inner = re.sub(r"<title>.*?</title>|\s*\n\s*", "", shapes[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24"{paint}>{inner}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def _vendor(node_modules: Path) -> Iterator[tuple[str, bytes]]:
    for package, export, served in VENDOR.values():
        source = _exported_file(node_modules / package, export).read_text(encoding="utf-8")
        yield served, _SOURCE_MAP.sub("", source).encode()
    for served, file in FONTS.items():
        yield served, (node_modules / FONT_PACKAGE / file).read_bytes()
    yield "vendor/LICENSES.txt", "\n\n".join(_licence(node_modules / name, name) for name in LICENSED).encode()


def _emoji(package: Path) -> Iterator[tuple[str, bytes]]:
    """A language's emoji with what they are called: `[symbol, name, other words, group]`, in the order in which people know them.

    What stands alone only inside others (skin tones, letters of flags) has no place in a picker. 34 kB gzipped are left of it.
    """
    for code, served in EMOJI.items():
        source = package / code / "compact.json"
        if not source.is_file():
            raise AssetError(f"{EMOJI_PACKAGE}: there is no {code}/compact.json; run `npm ci`")
        known = json.loads(source.read_text(encoding="utf-8"))
        shown = sorted(
            (each for each in known if "order" in each and each.get("group") not in (None, EMOJI_COMPONENTS)),
            key=lambda each: each["order"],
        )
        rows = [[each["unicode"], each["label"], " ".join(each.get("tags", [])), each["group"]] for each in shown]
        yield served, json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _modules(sources: Path, node_modules: Path) -> Iterator[tuple[str, bytes]]:
    """Own modules without comments, spaces and long names of what is theirs alone. Each stays a module, under its own name.

    Raises AssetError where esbuild is missing or does not understand a module; its words say which and where.
    """
    # The program itself: its package's script for Node would do for it what the installation does on a machine that lets it.
    program = next(iter(sorted(node_modules.glob("@esbuild/*/bin/esbuild"))), None)
    if program is None:
        raise AssetError("esbuild is missing from node_modules: run `npm ci`")
    names = own_modules(sources)
    with TemporaryDirectory() as folder:
        command = [
            str(program),
            *names,
            "--minify",
            "--format=esm",
            "--charset=utf8",
            "--outbase=.",
            f"--outdir={folder}",
        ]
        told = subprocess.run([*command, "--log-level=warning"], cwd=sources, capture_output=True, text=True)
        if told.returncode:
            raise AssetError(f"static/js: {told.stderr.strip()}")
        for name in names:
            yield f"js/{name}", (Path(folder) / name).read_bytes()


def _forget_modules(out: Path, made: dict[str, bytes]) -> None:
    """Remove what was built of a module that is no more."""
    for path in (out / "js").rglob("*.js"):
        if path.relative_to(out).as_posix() not in made:
            path.unlink(missing_ok=True)


def _exported_file(package: Path, export: str) -> Path:
    """Follows `exports` of package.json, so that a new version with another layout needs no change here."""
    try:
        target = json.loads((package / "package.json").read_text(encoding="utf-8"))["exports"][export]
    except (FileNotFoundError, KeyError) as error:
        raise AssetError(f"{package.name}: no export {export} in {package / 'package.json'}; run `npm ci`") from error
    while isinstance(target, dict):
        target = next((target[condition] for condition in EXPORT_CONDITIONS if condition in target), None)
    if not isinstance(target, str):
        raise AssetError(f"{package.name}: the export {export} has no module for browsers")
    return package / target


def _licence(package: Path, name: str) -> str:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    texts = [path.read_text(encoding="utf-8") for path in sorted(package.glob("LICEN[CS]E*"))]
    return f"=== {name} {about['version']} ({about.get('license', 'see below')}) ===\n\n" + "\n".join(texts)


def _write(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place: another process (a test worker, a running server) never reads half a file.
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)
    return True
