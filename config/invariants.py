"""Everything that must always hold, floor by floor: `manage check_invariants`, and the beat each night."""

import contacts.invariants
import core.invariants
import inbox.invariants
import processes.invariants
import webhooks.invariants

ALL = [
    *core.invariants.INVARIANTS,
    *contacts.invariants.INVARIANTS,
    *inbox.invariants.INVARIANTS,
    *processes.invariants.INVARIANTS,
    *webhooks.invariants.INVARIANTS,
]
