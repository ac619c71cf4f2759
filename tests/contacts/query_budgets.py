"""How many queries each question about contacts may cost, session and permissions included. Reviewed: a higher number needs a reason.

The same for three contacts as for a million: the test asks each with few rows and with more.
"""

# What every signed-in request pays: the session, the user, their own permissions and their groups'.
SIGNED_IN = 4

BUDGETS = {
    # The teams seen; a search: whether they share few, and who was found; the page's keys; their rows, with points, tags, groups and teams.
    "list": SIGNED_IN + 4,
    # No search, but where the page before ended.
    "next page": SIGNED_IN + 4,
    # The Contacts screen: the teams seen, the keys, those of no name where there is room for them, their rows; the saved views; what may
    # be chosen: teams, tags, groups, bases.
    "screen": SIGNED_IN + 4 + 1 + 4,
    # A full page is counted, the shares first.
    "screen, many": SIGNED_IN + 3 + 1 + 4 + 2,
    # What was found is counted by having been found.
    "screen, searched": SIGNED_IN + 4 + 1 + 4,
    # Whether it is theirs; its row; addresses and consents; points and teams for its version.
    "detail": SIGNED_IN + 6,
    "notes": SIGNED_IN + 2,
    "companies": SIGNED_IN + 1,
}
