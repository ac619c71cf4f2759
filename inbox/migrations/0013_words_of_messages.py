"""Words of messages, for searching: accents and case aside (inbox.searching).

The functions name their collation, so that the index means the same in every database. The index is built beside the writers;
the version before this one neither sees nor needs any of it.
"""

import django.db.models.expressions
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

import inbox.models.message

ACCENTED = "áàâäãåāéèêëēíìîïīóòôöõōúùûüūñçýÿšžÁÀÂÄÃÅĀÉÈÊËĒÍÌÎÏĪÓÒÔÖÕŌÚÙÛÜŪÑÇÝŸŠŽªº"
PLAIN = "aaaaaaaeeeeeiiiiioooooouuuuuncyyszaaaaaaaeeeeeiiiiioooooouuuuuncyyszao"
# Accents that stand as signs of their own after the letter: nothing is put in their place.
COMBINING = "\u0300\u0301\u0302\u0303\u0308\u0327"
# The parser of text search reads addresses and signed numbers into one word each: people look for their parts.
SIGNS = r"""!"#$%&()*+,-./:;<=>?@[\]^_`{|}~¡¿«»“”…·—–"""

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION inbox_fold(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN translate(lower(text COLLATE "C"), '{ACCENTED}{COMBINING}', '{PLAIN}');
CREATE OR REPLACE FUNCTION inbox_words(text text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN to_tsvector('simple'::regconfig, translate(inbox_fold(text), '{SIGNS}''', '{" " * (len(SIGNS) + 1)}'));
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inbox", "0012_web_push")]

    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION inbox_words(text); DROP FUNCTION inbox_fold(text)"),
        AddIndexConcurrently(
            "message",
            GinIndex(inbox.models.message.Words(django.db.models.expressions.F("text")), name="message_words"),
        ),
    ]
