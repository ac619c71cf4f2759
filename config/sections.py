"""The back office's sections, in the order of the list: an app brings its pages, the roof says where they stand.

Each page asks for its permission itself; here it decides only who is shown the way.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.sections import Area, Section

AREAS: tuple[Area, ...] = (
    Area(
        title=_("Following up"),
        sections=(
            Section(
                title=_("Dead letters"),
                hint=_("What came in and could not be read"),
                icon="inbox",
                url_name="dead-letters",
                permissions=("webhooks.manage_dead_letters",),
            ),
            Section(
                title=_("Provider's notices"),
                hint=_("What providers tell about accounts and templates"),
                icon="megaphone",
                url_name="provider-notices",
                permissions=("webhooks.manage_dead_letters",),
            ),
        ),
    ),
)
