"""How many queries each question about contacts may cost, session and permissions included. Reviewed: a higher number needs a reason.

The same for three contacts as for a million: the test asks each with few rows and with more.
"""

# What every signed-in request pays: the session, the user, their own permissions and their groups'.
SIGNED_IN = 4

BUDGETS = {
    # One: the rows, with their points, tags, groups and teams in it.
    "list": SIGNED_IN + 1,
    # Where the page before ended, too.
    "next page": SIGNED_IN + 2,
    # Whether it is theirs; its row; addresses and consents; points and teams for its version.
    "detail": SIGNED_IN + 6,
    "notes": SIGNED_IN + 2,
    "companies": SIGNED_IN + 1,
}
