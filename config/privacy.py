"""Who holds something of a person: each app's personal.py, from the top floor down. A test fails on a model with words in it that is
neither in one of them nor among those that say nothing of anybody.
"""

from __future__ import annotations

import core.personal
from core.personal import Holder

HOLDERS: tuple[Holder, ...] = (core.personal,)
