"""What must hold of conversations, messages and the outbox (TRUST.md "Invariant checker", DOMAIN.md "inbox")."""

from __future__ import annotations

from core.invariants import Invariant

TRUST, DOMAIN = "TRUST.md, Invariant checker", "DOMAIN.md, inbox"
# What follows the commit of a row by a moment (an outbox entry taken, a parked status applied) is not looked at for ten minutes.

INVARIANTS = [
    Invariant(
        "one live conversation per contact point, account, campaign and thread",
        """
        SELECT unnest(array_agg(id)) FROM inbox_conversation WHERE status <> 'closed'
        GROUP BY contact_point_id, channel_account_id, campaign_id, thread_key HAVING count(*) > 1
        """,
        DOMAIN,
    ),
    Invariant(
        "a worked-on conversation has one open assignment, and it is its assignee's",
        """
        SELECT c.id FROM inbox_conversation c
        LEFT JOIN inbox_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
        WHERE (c.status <> 'closed' AND c.assignee_id IS DISTINCT FROM a.user_id) OR (c.status = 'closed' AND a.id IS NOT NULL)
        """,
        DOMAIN,
    ),
    Invariant(
        "the assignee is an agent of the campaign for that channel, or a journaled takeover",
        """
        SELECT c.id FROM inbox_conversation c
        JOIN campaigns_channelaccount account ON account.id = c.channel_account_id
        WHERE c.status <> 'closed' AND c.assignee_id IS NOT NULL
          AND NOT EXISTS (
            SELECT FROM campaigns_campaignagent agent
            WHERE agent.campaign_id = c.campaign_id AND agent.user_id = c.assignee_id
              AND (agent.channels = '{}' OR account.kind = ANY (agent.channels)))
          AND NOT EXISTS (
            SELECT FROM core_journalentry j
            WHERE j.subject_id = c.id::text AND j.actor_id = c.assignee_id AND j.verb = 'conversation_taken_over')
        """,
        TRUST,
    ),
    Invariant(
        "what rings waits, and nothing rings for long",
        """
        SELECT o.id FROM inbox_offer o JOIN inbox_conversation c ON c.id = o.conversation_id
        WHERE o.ended_at IS NULL AND (c.status <> 'queued' OR o.until < now() - interval '10 minutes')
        """,
        DOMAIN,
    ),
    Invariant(
        "nothing rests past its time, and no words wait past theirs",
        """
        SELECT 'conversation ' || id FROM inbox_conversation
        WHERE status = 'snoozed' AND snoozed_until < now() - interval '10 minutes'
        UNION ALL
        SELECT 'message ' || id FROM inbox_scheduledmessage
        WHERE state = 'pending' AND due_at < now() - interval '10 minutes'
        """,
        "B-06",
    ),
    Invariant(
        "within a conversation no two messages or events share a change",
        """
        SELECT DISTINCT conversation_id FROM (
          SELECT conversation_id, change FROM inbox_message UNION ALL SELECT conversation_id, change FROM inbox_conversationevent
        ) AS stamped GROUP BY conversation_id, change HAVING count(*) > 1
        """,
        TRUST,
    ),
    Invariant(
        "no change is above its conversation's counter",
        """
        SELECT c.id FROM inbox_conversation c WHERE c.change < greatest(
          (SELECT max(change) FROM inbox_message WHERE conversation_id = c.id),
          (SELECT max(change) FROM inbox_conversationevent WHERE conversation_id = c.id))
        """,
        TRUST,
    ),
    Invariant(
        "unread is not more than what the customer wrote",
        """
        SELECT c.id FROM inbox_conversation c WHERE c.unread > 0 AND c.unread > (
          SELECT count(*) FROM inbox_message m WHERE m.conversation_id = c.id AND m.direction = 'in')
        """,
        TRUST,
    ),
    # More cannot be counted anew: a mark says up to where somebody read, not which late ones stood before it by then.
    Invariant(
        "nothing is unread of what its assignee read to the end",
        """
        SELECT c.id FROM inbox_conversation c
        JOIN inbox_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
        JOIN inbox_message r ON r.id = a.last_read_message_id
        WHERE c.unread > 0 AND NOT EXISTS (
          SELECT FROM inbox_message m WHERE m.conversation_id = c.id AND m.direction = 'in'
            AND ((m.happened_at, m.id) > (r.happened_at, r.id) OR m.created_at > a.last_read_at - interval '1 minute'))
        """,
        TRUST,
    ),
    Invariant(
        "the last inbound of the row is that of its messages",
        """
        SELECT c.id FROM inbox_conversation c
        JOIN (SELECT conversation_id, max(happened_at) AS at FROM inbox_message WHERE direction = 'in' GROUP BY 1) AS m
          ON m.conversation_id = c.id
        WHERE c.last_inbound_at IS DISTINCT FROM m.at
        """,
        TRUST,
    ),
    Invariant(
        "a closed conversation has an outcome and waits for nothing",
        """
        SELECT id FROM inbox_conversation WHERE status = 'closed'
          AND (typification_id IS NULL OR closed_at IS NULL OR unread > 0 OR waiting_since IS NOT NULL)
        """,
        DOMAIN,
    ),
    Invariant(
        "a provider's id is one message of its account",
        """
        SELECT unnest(array_agg(id)) FROM inbox_message WHERE provider_id IS NOT NULL
        GROUP BY channel_account_id, provider_id HAVING count(*) > 1
        """,
        DOMAIN,
    ),
    Invariant(
        "a message belongs to its conversation's account",
        """
        SELECT m.id FROM inbox_message m JOIN inbox_conversation c ON c.id = m.conversation_id
        WHERE m.channel_account_id IS DISTINCT FROM c.channel_account_id
        """,
        DOMAIN,
    ),
    Invariant(
        "a queued message or reaction has its outbox entry",
        """
        SELECT 'message ' || m.id FROM inbox_message m LEFT JOIN inbox_outboxentry o ON o.message_id = m.id
        WHERE m.status = 'queued' AND o.id IS NULL AND m.happened_at < now() - interval '10 minutes'
        UNION ALL
        SELECT 'reaction ' || r.id FROM inbox_reaction r LEFT JOIN inbox_outboxentry o ON o.reaction_id = r.id
        WHERE r.status = 'queued' AND o.id IS NULL AND r.happened_at < now() - interval '10 minutes'
        """,
        TRUST,
    ),
    Invariant(
        "an outbox entry is of a message or reaction that waits",
        """
        SELECT o.id FROM inbox_outboxentry o
        LEFT JOIN inbox_message m ON m.id = o.message_id
        LEFT JOIN inbox_reaction r ON r.id = o.reaction_id
        WHERE coalesce(m.status, r.status, 'gone') <> 'queued'
          AND (o.claimed_at IS NULL OR o.claimed_at < now() - interval '10 minutes')
        """,
        TRUST,
    ),
    Invariant(
        "nothing in the outbox is due and untouched for an hour",
        """
        SELECT o.id FROM inbox_outboxentry o
        JOIN campaigns_channelaccount account ON account.id = o.channel_account_id
        WHERE o.due_at < now() - interval '1 hour' AND account.state = 'active'
          AND NOT EXISTS (
            SELECT FROM inbox_outboxentry e
            WHERE e.channel_account_id = o.channel_account_id AND e.contact_point_id = o.contact_point_id AND e.id < o.id)
        """,
        TRUST,
    ),
    Invariant(
        "a parked status is of a message not known yet",
        """
        SELECT p.id FROM inbox_parkedstatus p
        JOIN inbox_message m ON m.channel_account_id = p.channel_account_id AND m.provider_id = p.provider_id
        WHERE p.received_at < now() - interval '10 minutes'
        """,
        "R03",
    ),
    Invariant(
        "a stored file has a place",
        "SELECT id FROM inbox_attachment WHERE state = 'stored' AND path = ''",
        "R45",
    ),
]
