"""The check of the catalogues: what it finds, and that it touches nothing."""

import shutil

import pytest

from core.translations import missing_translations, update_catalogues

pytestmark = pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="gettext is not installed: apt-get install gettext"
)


@pytest.fixture
def tree(tmp_path):
    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    write("inbox/__init__.py", "")
    write("inbox/models.py", 'from django.utils.translation import gettext as _\n\nNAME = _("Tray")\n')
    write("templates/page.html", '{% load i18n %}{% translate "Desk" %}')
    write("static/js/desk/words.js", 'export const send = () => gettext("Send");\n')
    # Not sources: none of these may be found.
    write("tests/test_it.py", '_("Only in a test")')
    write("node_modules/x/index.js", 'gettext("Somebody else\'s")')
    return tmp_path


def fill(tree):
    for po in tree.glob("locale/*/LC_MESSAGES/*.po"):
        head, _, body = po.read_text(encoding="utf-8").partition("\n\n")
        po.write_text(f"{head}\n\n" + body.replace('msgstr ""', 'msgstr "x"'), encoding="utf-8")


def test_every_string_must_be_translated_in_each_language(tree):
    found = {(gap.locale, gap.text) for gap in missing_translations(tree)}

    assert found == {(locale, text) for locale in ("es", "pt_BR") for text in ("Tray", "Desk", "Send")}


def test_checking_leaves_the_tree_alone(tree):
    before = sorted(tree.rglob("*"))
    missing_translations(tree)

    assert sorted(tree.rglob("*")) == before


def test_translated_catalogues_pass_until_a_word_changes(tree):
    update_catalogues(tree)
    fill(tree)
    assert missing_translations(tree) == []

    (tree / "templates/page.html").write_text('{% load i18n %}{% translate "Desk and chair" %}')

    assert {gap.text for gap in missing_translations(tree)} == {"Desk and chair"}


def test_updating_twice_changes_nothing(tree):
    assert len(update_catalogues(tree)) == 4
    assert update_catalogues(tree) == []


def test_a_word_hidden_in_a_template_literal_is_named(tree):
    (tree / "static/js/desk/row.js").write_text('export const row = () => html`<b>${gettext("Hidden")}</b>`;\n')

    hidden = [gap for gap in missing_translations(tree) if gap.text == "Hidden"]

    assert hidden
    assert all("row.js" in gap.places[0] for gap in hidden)
