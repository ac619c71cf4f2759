"""What the browser is given: style sheets, modules and icons, by name.

No bundler. Modules import each other by bare names ("desk/board.js", "preact"); the import map tells the browser where each
one is, with the hash the staticfiles manifest gave it. It is built here rather than by WhiteNoise, which rewrites CSS but
leaves `import` alone: a hashed file that imports an unhashed one would be cached for ever next to its old neighbours.
"""

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

# The order is the cascade inside each layer; the layers themselves are ordered in tokens.css, so that file is first.
STYLE_SHEETS = (
    "css/tokens.css",
    "css/fonts.css",
    "css/base.css",
    "css/components/buttons.css",
    "css/components/fields.css",
    "css/components/badges.css",
    "css/components/tabs.css",
    "css/components/cards.css",
    "css/components/tables.css",
    "css/components/overlays.css",
    "css/components/feedback.css",
    "css/components/picker.css",
    "css/layout.css",
    "css/components/office.css",
    "css/components/outcomes.css",
    "css/components/contacts.css",
    "css/components/joining.css",
    "css/components/tree.css",
    "css/components/accounts.css",
    "css/components/contact-form.css",
    "css/login.css",
    "css/desk.css",
    "css/desk-extra.css",
    "css/components/ready.css",
    "css/components/composer.css",
    "css/components/thread.css",
    "css/components/side.css",
    "css/components/closing.css",
    "css/components/viewer.css",
    "css/components/device.css",
    "css/components/list-tools.css",
    "css/components/palette.css",
    "css/components/panes.css",
    "css/components/bases.css",
    "css/components/contact-section.css",
    "css/components/processes.css",
    "css/utilities.css",
)
BUNDLE = "css/app.css"
SPRITE = "icons.svg"

# Third-party modules: bare name -> (npm package, its export, where build_assets puts it). Nothing else of npm is served.
VENDOR = {
    "preact": ("preact", ".", "vendor/preact.js"),
    "preact/hooks": ("preact", "./hooks", "vendor/preact-hooks.js"),
    "@preact/signals-core": ("@preact/signals-core", ".", "vendor/signals-core.js"),
    "@preact/signals": ("@preact/signals", ".", "vendor/signals.js"),
    "htm": ("htm", ".", "vendor/htm.js"),
}

# Emoji and their names: the language's code at emojibase -> where build_assets puts them. Fetched when somebody opens the picker.
EMOJI = {code: f"emoji/{code}.json" for code in ("es", "en", "pt")}

# Own modules: every file of these folders of static/js, named by its path. `boot/` holds classic scripts and is left out.
MODULE_FOLDERS = ("lib", "ui", "desk")

_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*)["']([\w@./-]+)["']""")


def import_map() -> dict[str, str]:
    return {name: staticfiles_storage.url(path) for name, path in module_paths().items()}


def modules_needed_by(*entries: str) -> list[str]:
    """The entries and everything they import, near ones first: what `modulepreload` spares the browser from discovering."""
    known = module_paths()
    needed: dict[str, None] = dict.fromkeys(entries)
    waiting = list(entries)
    while waiting:
        for name in _imports_of(known[waiting.pop(0)]):
            if name in known and name not in needed:
                needed[name] = None
                waiting.append(name)
    return list(needed)


def emoji_path(language: str) -> str:
    """The emoji of a language of ours (`pt-br` is `pt`), by path under static/."""
    return EMOJI.get(language.partition("-")[0], EMOJI["en"])


@lru_cache(maxsize=1)
def icon_names() -> frozenset[str]:
    return frozenset(read_icon_list(Path(settings.BASE_DIR) / "static" / "icons.txt"))


def read_icon_list(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


# Files do not change under a running process: what is read once is kept.
@lru_cache(maxsize=1)
def module_paths() -> dict[str, str]:
    """Bare name -> path under static/."""
    own = own_modules(Path(settings.BASE_DIR) / "static" / "js")
    return {name: served for name, (_, _, served) in VENDOR.items()} | {name: f"js/{name}" for name in own}


def own_modules(sources: Path) -> list[str]:
    """The bare names of the modules in these sources (static/js)."""
    return [
        path.relative_to(sources).as_posix()
        for folder in MODULE_FOLDERS
        for path in sorted((sources / folder).rglob("*.js"))
    ]


@lru_cache(maxsize=512)
def _imports_of(served: str) -> tuple[str, ...]:
    path = finders.find(served)
    # Not built: the browser says so in its console, and the page is still an answer.
    return tuple(_IMPORT.findall(Path(path).read_text(encoding="utf-8"))) if isinstance(path, str) else ()
