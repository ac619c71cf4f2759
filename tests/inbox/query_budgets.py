"""How many queries each question of the desk may cost, session and permissions included. Reviewed: a higher number needs a reason.

The same for ten conversations as for ten thousand: the test asks each with few rows and with more.
"""

# What every signed-in request pays: the session, the user, their own permissions and their groups'.
SIGNED_IN = 4
# Who sees what: the user's teams and campaigns.
AUDIENCE = 2
# Whether a conversation is theirs to see, asked by each door that names one.
VISIBLE = AUDIENCE + 1

BUDGETS = {
    # The page's ids, then their rows.
    "list": SIGNED_IN + AUDIENCE + 2,
    # All trays in one pass.
    "counts": SIGNED_IN + AUDIENCE + 1,
    # With what stands around it; its row; the contact's ways; the turn; where unread begins; and for what may be done, and why not:
    # the campaign's agent and the auxiliary, which the reply, the close, the associating, the transfer and the snooze ask for; a record
    # open in preview, which keeps the close away, and the campaign's bases; whether there are two campaigns to transfer between; whether
    # they choose exclusive agents, and whose the contact is.
    "detail": SIGNED_IN + VISIBLE + AUDIENCE + 15,
    # The messages, the events between them.
    "messages": SIGNED_IN + VISIBLE + 2,
    "changes": SIGNED_IN + VISIBLE + 2,
    # Where the message stands; above it, below it, itself; the events between them.
    "around": SIGNED_IN + VISIBLE + 5,
    # The people: their ids and rows. The messages: the index asked in a transaction of its own (a savepoint in the test; its setting,
    # its end), the newest of the reader's sorted, then their words and conversations. A common word asks the reader's newest
    # conversations instead, a hundred at a time. Whether a campaign shows no more than some hours of what was found.
    "search": SIGNED_IN + AUDIENCE + 2 + 4 + 1 + 2 + 2 + 1,
    # The hits; whether the campaign shows no more than some hours.
    "found": SIGNED_IN + VISIBLE + 2,
    # Where the client's number of them ends; ids, then rows; and whether numbers are shown whole.
    "others": SIGNED_IN + VISIBLE + AUDIENCE + AUDIENCE + 3,
    "files": SIGNED_IN + VISIBLE + AUDIENCE + 2,
}

# One message of a number with many waiting, from choosing its lane to giving it back. Which lane, its lease, its head, the claim; the
# outcome: begin, the rows in hand, the id in hand, what is parked under it, all of it written, commit; whether anything else speaks of
# it, whether the lane has more, the lease back.
STATEMENTS_A_SEND = 13
