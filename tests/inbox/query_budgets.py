"""How many queries each question of the desk may cost, session and permissions included. Reviewed: a higher number needs a reason.

The same for ten conversations as for ten thousand: a test asks each with few rows and with many.
"""

# What every signed-in request pays: the session, the user, their permissions (own and of their groups).
SIGNED_IN = 4
# Who sees what: teams and campaigns of the user (an admin: neither).
AUDIENCE = 2

BUDGETS = {
    # The page's ids, and their rows.
    "list": SIGNED_IN + AUDIENCE + 2,
    # The live ones in one pass, the attended up to the cap.
    "counts": SIGNED_IN + AUDIENCE + 2,
    # Whether it is visible; then, audience read anew, the conversation with what stands around it, its row, the contact's points,
    # the auxiliary and the campaign's agent (what may be done, and why not), the turn, where unread begins.
    "detail": SIGNED_IN + 2 * AUDIENCE + 9,
    # Whether it is visible, the page, the events between.
    "messages": SIGNED_IN + AUDIENCE + 3,
    "changes": SIGNED_IN + AUDIENCE + 3,
}
