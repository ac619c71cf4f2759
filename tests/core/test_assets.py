"""What the browser is given: the import map, the icons, the style sheet, and what templates may not contain."""

import gzip
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template, TemplateSyntaxError
from django.test import override_settings

from core import assets
from core.asset_building import AssetError, build
from core.jsi18n import js_catalog

BASE = Path(__file__).resolve().parents[2]
# Names without hashes: these tests are about the names, and must not need a collected manifest.
plain_names = override_settings(
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
)


@pytest.fixture
def project(tmp_path):
    """A small tree with just what the build reads."""

    def write(path, text):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    for sheet in assets.STYLE_SHEETS:
        write(f"static/{sheet}", f"/* {sheet} */")
    for package, export, _served in assets.VENDOR.values():
        folder = tmp_path / "node_modules" / package
        about = folder / "package.json"
        known = json.loads(about.read_text())["exports"] if about.is_file() else {}
        known[export] = {"types": "./no.d.ts", "browser": f"./{len(known)}.js", "import": "./no.mjs"}
        write(
            f"node_modules/{package}/package.json", json.dumps({"version": "1.0", "license": "MIT", "exports": known})
        )
        write(f"node_modules/{package}/{len(known) - 1}.js", "export {};\n//# sourceMappingURL=0.js.map\n")
    for name in ("lucide-static", "simple-icons", "@fontsource-variable/inter"):
        write(f"node_modules/{name}/package.json", json.dumps({"version": "1.0", "license": "ISC"}))
    write("node_modules/emojibase-data/package.json", json.dumps({"version": "1.0", "license": "MIT"}))
    for code in assets.EMOJI:
        write(
            f"node_modules/emojibase-data/{code}/compact.json",
            json.dumps(
                [
                    {"unicode": "\U0001f1e6", "label": "A"},
                    {"unicode": "\U0001f3fb", "label": "tone", "group": 2, "order": 1},
                    {"unicode": "\U0001f9c9", "label": "mate", "tags": ["yerba"], "group": 4, "order": 3},
                    {"unicode": "\U0001f600", "label": "cara", "group": 0, "order": 2},
                ]
            ),
        )
    for file in ("latin", "latin-ext"):
        write(f"node_modules/@fontsource-variable/inter/files/inter-{file}-wght-normal.woff2", "font")
    write(
        "node_modules/lucide-static/icons/inbox.svg",
        '<!-- licence -->\n<svg class="lucide" fill="none">\n  <path d="M1 1" />\n</svg>',
    )
    write(
        "node_modules/simple-icons/icons/whatsapp.svg", '<svg role="img"><title>WhatsApp</title><path d="M2 2"/></svg>'
    )
    (tmp_path / "node_modules/@esbuild").symlink_to(BASE / "node_modules/@esbuild")
    write(
        "static/js/desk/greeting.js",
        '// Why.\nimport { say } from "lib/say.js";\n\nconst shown = `one ${say}`;\nexport const greet = (name) => {\n  return shown + name;\n};\n',
    )
    write("static/js/lib/say.js", "/** What is said. */\nexport const say = 1;\n")
    write("static/js/boot/theme.js", "// Not a module.\n")
    write("static/icons.txt", "# a comment\nlucide-inbox\nbrand-whatsapp # and another\n")
    write("locale/es/LC_MESSAGES/django.po", 'msgid ""\nmsgstr ""\n\nmsgid "Desk"\nmsgstr "Panel"\n')
    return tmp_path


def test_the_build_makes_one_sheet_one_sprite_the_modules_and_the_catalogues(project):
    changed = build(project)

    out = project / "static_build"
    sheet = (out / "css/app.css").read_text()
    assert [f"/* {name} */" for name in assets.STYLE_SHEETS] == sheet.split("\n")
    sprite = (out / "icons.svg").read_text()
    assert '<symbol id="lucide-inbox" viewBox="0 0 24 24"><path d="M1 1" /></symbol>' in sprite
    assert (
        '<symbol id="brand-whatsapp" viewBox="0 0 24 24" fill="currentColor" stroke="none"><path d="M2 2"/></symbol>'
        in sprite
    )
    for _package, _export, served in assets.VENDOR.values():
        assert "sourceMappingURL" not in (out / served).read_text()
    assert (project / "locale/es/LC_MESSAGES/django.mo").is_file()
    assert "locale/es/LC_MESSAGES/django.mo" in changed


def test_a_second_build_writes_nothing(project):
    build(project)
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}

    assert build(project) == []
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


@pytest.mark.parametrize("name", ["lucide-nothing", "brand-nothing", "inbox"])
def test_an_unknown_icon_stops_the_build_and_is_named(project, name):
    (project / "static/icons.txt").write_text(f"lucide-inbox\n{name}\n")

    with pytest.raises(AssetError, match=name):
        build(project)
    assert not (project / "static_build").exists()


def test_modules_are_served_without_what_only_people_read_each_under_its_own_name(project):
    build(project)

    built = project / "static_build" / "js"
    assert {path.relative_to(built).as_posix() for path in built.rglob("*.js")} == {"desk/greeting.js", "lib/say.js"}
    greeting = (built / "desk/greeting.js").read_text()
    assert 'from"lib/say.js"' in greeting
    assert "Why" not in greeting
    assert "as greet" in greeting
    assert len(greeting) < len((project / "static/js/desk/greeting.js").read_text())


def test_what_was_built_of_a_module_that_is_gone_goes_too(project):
    build(project)
    (project / "static/js/desk/greeting.js").unlink()
    build(project)

    assert not (project / "static_build/js/desk/greeting.js").exists()
    assert (project / "static_build/js/lib/say.js").is_file()


def test_a_module_that_is_none_stops_the_build_and_is_named(project):
    (project / "static/js/desk/greeting.js").write_text("export const = 1;\n")

    with pytest.raises(AssetError, match=r"desk/greeting\.js:1:13"):
        build(project)
    assert not (project / "static_build").exists()


def test_without_esbuild_the_build_says_what_to_run(project):
    (project / "node_modules/@esbuild").unlink()

    with pytest.raises(AssetError, match="npm ci"):
        build(project)


def test_without_node_modules_the_build_says_what_to_run(tmp_path):
    with pytest.raises(AssetError, match="npm ci"):
        build(tmp_path)


@plain_names
def test_the_import_map_names_own_and_foreign_modules():
    found = assets.import_map()

    assert found["preact"] == "/static/vendor/preact.js"
    assert found["lib/dom.js"] == "/static/js/lib/dom.js"
    own = {path.relative_to(BASE / "static/js").as_posix() for path in (BASE / "static/js").rglob("*.js")}
    assert set(found) == (own - {"boot/theme.js", "boot/offline.js", "sw/service-worker.js"}) | set(assets.VENDOR)


@plain_names
def test_preloading_follows_imports_to_the_end():
    needed = assets.modules_needed_by("ui/main.js")

    assert needed[0] == "ui/main.js"
    assert {"ui/theme.js", "ui/preferences.js", "lib/dom.js"} <= set(needed)
    assert len(needed) == len(set(needed))


@plain_names
def test_what_is_wanted_soon_is_preloaded_after_what_is_wanted_first():
    page = Template('{% load assets %}{% import_map "ui/main.js" "desk/main.js" then="desk/views/thread.js" %}').render(
        Context()
    )

    preloaded = re.findall(r'modulepreload" href="/static/js/([^"]+)"', page)
    assert preloaded[: preloaded.index("desk/views/thread.js")] == [
        name for name in assets.modules_needed_by("ui/main.js", "desk/main.js") if name not in assets.VENDOR
    ]
    assert "desk/views/composer.js" in preloaded
    assert len(preloaded) == len(set(preloaded))
    assert 'src="/static/js/desk/views/thread.js"' not in page


def test_what_the_desk_reads_before_its_list_can_be_pressed_weighs_little(rf):
    page = (BASE / "templates/inbox/desk.html").read_text(encoding="utf-8")
    entries = {
        name for tag in re.findall(r"{% import_map (.*?) %}", page) for name in re.findall(r'(?<!=)"([^"]+)"', tag)
    }
    files = [finders.find(assets.module_paths()[name]) for name in assets.modules_needed_by(*sorted(entries))]
    catalogue = max(
        (js_catalog(rf.get("/", {"language": code})).content for code, _name in settings.LANGUAGES), key=len
    )

    shipped = sum(len(gzip.compress(Path(file).read_bytes(), 9)) for file in files) + len(gzip.compress(catalogue, 9))
    assert entries == {"ui/main.js", "desk/main.js"}
    assert 50_000 < shipped <= 150_000, f"{len(files)} modules and the catalogue: {shipped:,} bytes gzipped"


@plain_names
def test_the_map_carries_the_nonce_and_comes_before_any_module():
    page = Template('{% load assets %}{% import_map "ui/main.js" %}').render(
        Context({"request": SimpleNamespace(csp_nonce="abc123")})
    )

    assert page.startswith('<script type="importmap" nonce="abc123">{"imports":{')
    assert page.index("importmap") < page.index("modulepreload") < page.index('type="module"')
    assert page.count("</script>") == 2


@plain_names
def test_a_module_that_does_not_exist_is_named():
    with pytest.raises(TemplateSyntaxError, match="desk/nothing.js"):
        Template('{% load assets %}{% import_map "desk/nothing.js" %}').render(Context())


@plain_names
def test_an_icon_is_decoration_unless_it_has_a_label():
    def render(tag, **names):
        return Template("{% load assets %}" + tag).render(Context(names))

    assert (
        render('{% icon "inbox" size="sm" %}')
        == '<svg class="icon" data-size="sm" aria-hidden="true"><use href="/static/icons.svg#lucide-inbox"/></svg>'
    )
    assert 'role="img" aria-label="VIP &lt;1&gt;"' in render('{% icon "star" label=name fill=True %}', name="VIP <1>")
    with pytest.raises(TemplateSyntaxError, match="lucide-nothing"):
        render('{% icon "nothing" %}')


def test_every_icon_that_is_used_is_listed():
    listed = assets.icon_names()
    used = set()
    for path in (*(BASE / "static/js").rglob("*.js"), *(BASE / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"""["'`#]((?:lucide|brand)-[a-z0-9-]+)["'`]""", text)) - {"brand-clay"}
        used |= {
            name if name.startswith("brand-") else f"lucide-{name}"
            for name in re.findall(r'{% icon "([a-z0-9-]+)"', text)
        }

    assert used - listed == set()


def test_every_style_sheet_is_in_the_bundle():
    written = {path.relative_to(BASE / "static").as_posix() for path in (BASE / "static/css").rglob("*.css")}

    assert written == set(assets.STYLE_SHEETS)


@pytest.mark.parametrize(
    "path", sorted((BASE / "templates").rglob("*.html")), ids=lambda path: path.relative_to(BASE).as_posix()
)
def test_no_template_writes_what_the_policy_forbids(path):
    # Under the CSP these do nothing but fill the console: style attributes, handlers, inline scripts.
    text = path.read_text(encoding="utf-8")

    assert not re.search(r'\sstyle="', text)
    assert not re.search(r'\son[a-z]+="', text)
    assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize(
    "path", sorted((BASE / "templates").rglob("*.html")), ids=lambda path: path.relative_to(BASE).as_posix()
)
def test_no_template_writes_an_id_as_a_figure(path):
    # A bare {{ row.id }} is «1 234» from the thousandth on (USE_THOUSAND_SEPARATOR): no form and no address knows that one.
    written = re.findall(
        r'="[^"<>]*\{\{ (?!attrs\.)[\w.]*\.(?:pk|id)(?:\|default:[^}|]*)? \}\}', path.read_text(encoding="utf-8")
    )

    assert written == []


def test_of_the_emoji_only_what_a_picker_shows_is_served_in_its_order(project):
    build(project)
    served = json.loads((project / "static_build" / "emoji" / "es.json").read_text(encoding="utf-8"))
    assert served == [["\U0001f600", "cara", "", 0], ["\U0001f9c9", "mate", "yerba", 4]]
    assert [assets.emoji_path(code) for code in ("es", "pt-br", "en", "xx")] == [
        "emoji/es.json", "emoji/pt.json", "emoji/en.json", "emoji/en.json",
    ]  # fmt: skip
