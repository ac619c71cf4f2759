"""Keeps the catalogues complete. gettext's own tools read the sources, in a copy of the tree: a check must not touch the tree."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polib

DOMAINS = ("django", "djangojs")
LOCALES = ("es", "pt_BR")
# Words for people are written in these folders and in every package but these; never in what is built or installed.
FOLDERS = ("templates", "static")
SILENT = {"tests", "benchmarks", "runner"}
SUFFIXES = {"django": {".py", ".html", ".txt"}, "djangojs": {".js"}}

# Every literal handed to gettext in JavaScript. xgettext loses its way inside template literals; this does not.
_SPOKEN_IN_JS = re.compile(r"""\b(?:gettext|ngettext)\(\s*"((?:[^"\\\n]|\\.)*)\"""")


class TranslationError(Exception):
    """The catalogues cannot be read or made; the text says what to do."""


@dataclass(frozen=True)
class Missing:
    locale: str
    text: str
    why: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.locale}: {self.why}: «{self.text}» ({', '.join(self.places) or 'no place'})"


def missing_translations(base: Path) -> list[Missing]:
    with _extracted(base) as fresh:
        found = [missing for path in sorted(fresh.glob("*/LC_MESSAGES/*.po")) for missing in _gaps(path)]
        found.extend(_unseen(base, fresh))
    return found


def update_catalogues(base: Path) -> list[str]:
    """Brings new strings into locale/ and drops those nobody says any more; answers the files that changed."""
    changed = []
    with _extracted(base) as fresh:
        for path in sorted(fresh.glob("*/LC_MESSAGES/*.po")):
            target = base / "locale" / path.relative_to(fresh)
            content = str(_stable(path)) + "\n"
            if not target.is_file() or target.read_text(encoding="utf-8") != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(content, encoding="utf-8")
                changed.append(target.relative_to(base).as_posix())
    return changed


def sources(base: Path, suffixes: set[str]) -> Iterator[Path]:
    packages = (path.parent for path in base.glob("*/__init__.py") if path.parent.name not in SILENT)
    for folder in sorted({*packages, *(base / name for name in FOLDERS)}):
        yield from sorted(
            path for path in folder.rglob("*") if path.suffix in suffixes and "migrations" not in path.parts
        )


@contextmanager
def _extracted(base: Path) -> Iterator[Path]:
    """A copy of locale/ brought up to date with the sources."""
    if shutil.which("xgettext") is None or shutil.which("msgmerge") is None:
        raise TranslationError("gettext is not installed: apt-get install gettext")
    with tempfile.TemporaryDirectory(prefix="ventanilla-words-") as name:
        copy = Path(name)
        for path in sources(base, SUFFIXES["django"] | SUFFIXES["djangojs"]):
            target = copy / path.relative_to(base)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for locale in LOCALES:
            (copy / "locale" / locale / "LC_MESSAGES").mkdir(parents=True)
        for po in base.glob("locale/*/LC_MESSAGES/*.po"):
            shutil.copyfile(po, copy / po.relative_to(base))
        for domain in DOMAINS:
            _make_messages(copy, domain)
        yield copy / "locale"


def _make_messages(copy: Path, domain: str) -> None:
    # A process of its own, without settings: makemessages then works on the folder it stands in, and on nothing else.
    locales = [word for locale in LOCALES for word in ("--locale", locale)]
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        "--domain",
        domain,
        *locales,
        "--no-obsolete",
        "--no-wrap",
        "--add-location",
        "file",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise TranslationError(f"makemessages failed:\n{result.stderr or result.stdout}")


def _gaps(path: Path) -> Iterator[Missing]:
    locale = path.parts[-3]
    for entry in polib.pofile(str(path)):
        places = tuple(sorted({file for file, _line in entry.occurrences}))
        if entry.fuzzy:
            yield Missing(locale, entry.msgid, "only guessed (fuzzy)", places)
        elif not entry.translated():
            yield Missing(locale, entry.msgid, "not translated", places)


def _unseen(base: Path, fresh: Path) -> Iterator[Missing]:
    catalogue = fresh / LOCALES[0] / "LC_MESSAGES" / "djangojs.po"
    known = {entry.msgid for entry in polib.pofile(str(catalogue))} if catalogue.is_file() else set()
    for path in sources(base, SUFFIXES["djangojs"]):
        for literal in _SPOKEN_IN_JS.findall(path.read_text(encoding="utf-8")):
            text = re.sub(r"\\(.)", r"\1", literal)
            if text not in known:
                place = path.relative_to(base).as_posix()
                yield Missing("all", text, "xgettext does not see it: take it out of the template literal", (place,))


def _stable(path: Path) -> polib.POFile:
    # Sorted, without dates, places or translators' flags: two people adding words meet in a conflict only over the same word.
    old = polib.pofile(str(path), wrapwidth=120)
    new = polib.POFile(wrapwidth=120)
    kept = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")
    new.metadata = {"Language": path.parts[-3]} | {name: old.metadata[name] for name in kept if name in old.metadata}
    for entry in sorted(old, key=lambda entry: (entry.msgid, entry.msgctxt or "")):
        entry.occurrences, entry.comment = [], ""
        if entry.fuzzy:
            # msgmerge's guess from a similar sentence: more often wrong than right, and a wrong one looks done.
            entry.flags.remove("fuzzy")
            entry.msgstr, entry.previous_msgid, entry.previous_msgid_plural = "", None, None
            entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, "")
        new.append(entry)
    return new
