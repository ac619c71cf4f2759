"""Everything that must always hold, floor by floor: `manage check_invariants`, and the beat each night."""

import core.invariants
import inbox.invariants
import webhooks.invariants

ALL = [*core.invariants.INVARIANTS, *inbox.invariants.INVARIANTS, *webhooks.invariants.INVARIANTS]
