-- What must be true at every instant and after every fault: this script returns no row.
--
-- One statement, hence one snapshot: it may run while the desk is at work. Each row says which
-- invariant is broken, and for what. Only the queries that look for something late depend on time;
-- they allow for the setting smsdesk.late (an interval; unset: 5 seconds):
--
--   SET smsdesk.late = '2 seconds';
--   \i tests/faults/invariants.sql

WITH
bound AS (
    SELECT clock_timestamp() - coalesce(
        nullif(current_setting('smsdesk.late', true), ''), '5 seconds'
    )::interval AS at
),
-- Places taken, and the limit in force: own, else the team's, else six; at most twelve (D1-D5).
places AS (
    SELECT agent.id, agent.load, agent.name,
        least(coalesce(agent."limit", team."limit", 6), 12) AS capacity,
        (SELECT count(*) FROM routing_offer AS offer
         WHERE offer.agent_id = agent.id AND offer.state = 'PENDING')
        + (SELECT count(*) FROM routing_interaction AS held
           WHERE held.agent_id = agent.id AND held.state IN ('ACTIVE', 'WRAP_UP')) AS taken
    FROM agents_agent AS agent
    LEFT JOIN agents_team AS team ON team.id = agent.team_id
),
-- The life line, read back: every state with the one before it.
lifeline AS (
    SELECT interaction_id, state, id, agent_id, kind,
        lag(state) OVER line AS before,
        lead(id) OVER line IS NULL AS is_last
    FROM routing_event
    WHERE state <> ''
    WINDOW line AS (PARTITION BY interaction_id ORDER BY id)
),
-- Conversations that campaigns began and closed at once: nobody ever has them (I7).
announced AS (
    SELECT interaction_id FROM routing_event WHERE kind = 'ANNOUNCED'
),
-- Conversations that a supervisor ended while nobody had them (N11).
unanswered AS (
    SELECT interaction_id FROM lifeline WHERE state = 'CLOSED' AND before IN ('HELD', 'QUEUED')
),
legal (before, state) AS (
    VALUES ('HELD', 'QUEUED'), ('HELD', 'ACTIVE'), ('QUEUED', 'OFFERED'), ('QUEUED', 'ACTIVE'),
        ('HELD', 'CLOSED'), ('QUEUED', 'CLOSED'),
        ('OFFERED', 'QUEUED'), ('OFFERED', 'ACTIVE'), ('ACTIVE', 'WRAP_UP'), ('ACTIVE', 'QUEUED'),
        ('ACTIVE', 'PARKED'), ('PARKED', 'ACTIVE'), ('PARKED', 'QUEUED'), ('PARKED', 'CLOSED'),
        ('WRAP_UP', 'CLOSED')
)

-- I1: what was answered with success is there, once ------------------------------------------

SELECT 'I1 a handled text has exactly one message' AS broken, 'request ' || request.id AS what
FROM routing_carrierrequest AS request
WHERE request.kind = 'INBOUND' AND request.state = 'HANDLED'
    -- parts are one text together
    AND NOT EXISTS (SELECT FROM routing_textpart AS part WHERE part.request_id = request.id)
    AND (SELECT count(*) FROM routing_message AS m WHERE m.request_id = request.id) <> 1

UNION ALL
SELECT 'I1 a handled receipt is kept exactly once', 'request ' || request.id
FROM routing_carrierrequest AS request
WHERE request.kind = 'STATUS' AND request.state = 'HANDLED'
    AND (SELECT count(*) FROM routing_receipt AS r WHERE r.request_id = request.id) <> 1

UNION ALL
SELECT 'I1 a carrier''s message is there once', channel_id || ' ' || carrier_message_id
FROM routing_message
WHERE carrier_message_id <> ''
GROUP BY channel_id, carrier_message_id
HAVING count(*) > 1

UNION ALL
SELECT 'I1 a text that was refused or not proven made no message', 'message ' || message.id
FROM routing_message AS message
JOIN routing_carrierrequest AS request ON request.id = message.request_id
WHERE request.state IN ('REFUSED', 'QUARANTINED')

-- I2: one owner -------------------------------------------------------------------------------

UNION ALL
SELECT 'I2 at most one pending offer a conversation', 'interaction ' || interaction_id
FROM routing_offer
WHERE state = 'PENDING'
GROUP BY interaction_id
HAVING count(*) > 1

UNION ALL
SELECT 'I2 offered means exactly one pending offer, and nothing else does',
    'interaction ' || interaction.id || ' is ' || interaction.state
FROM routing_interaction AS interaction
WHERE (interaction.state = 'OFFERED') <> EXISTS (
    SELECT FROM routing_offer AS offer
    WHERE offer.interaction_id = interaction.id AND offer.state = 'PENDING'
)

UNION ALL
-- Handed on, it is accepted several times in its life; from one offer, once.
SELECT 'I2 each accepted offer made one acceptance', 'interaction ' || interaction.id
FROM routing_interaction AS interaction
WHERE (
    SELECT count(*) FROM routing_offer AS offer
    WHERE offer.interaction_id = interaction.id AND offer.state = 'ACCEPTED'
) <> (
    SELECT count(*) FROM lifeline
    WHERE lifeline.interaction_id = interaction.id
        AND lifeline.before = 'OFFERED' AND lifeline.state = 'ACTIVE'
)

UNION ALL
SELECT 'I2 a conversation is with who took it last', 'interaction ' || interaction.id
FROM routing_interaction AS interaction
WHERE interaction.state IN ('ACTIVE', 'PARKED', 'WRAP_UP', 'CLOSED')
    AND interaction.id NOT IN (SELECT interaction_id FROM unanswered)
    AND interaction.agent_id IS DISTINCT FROM (
        SELECT event.agent_id FROM routing_event AS event
        WHERE event.interaction_id = interaction.id AND event.state = 'ACTIVE'
        ORDER BY event.id DESC LIMIT 1
    )

UNION ALL
SELECT 'I2 an agent from acceptance on, and none before',
    'interaction ' || id || ' is ' || state
FROM routing_interaction
WHERE (agent_id IS NOT NULL) <> (
    state IN ('ACTIVE', 'PARKED', 'WRAP_UP', 'CLOSED')
    AND id NOT IN (SELECT interaction_id FROM announced)
    AND id NOT IN (SELECT interaction_id FROM unanswered)
)

UNION ALL
SELECT 'I2 one open conversation a customer and channel', channel_id || ' ' || customer_address
FROM routing_interaction
WHERE state IN ('HELD', 'QUEUED', 'OFFERED', 'ACTIVE', 'PARKED')
GROUP BY channel_id, customer_address
HAVING count(*) > 1

UNION ALL
SELECT 'I2 a decided offer has its time, a pending one has none', 'offer ' || id
FROM routing_offer
WHERE (state = 'PENDING') <> (decided_at IS NULL)

-- I3: nobody over their limit, at any instant ---------------------------------------------------

UNION ALL
SELECT 'I3 load counts the places taken', name || ': ' || load || ', taken ' || taken
FROM places
WHERE load <> taken

UNION ALL
SELECT 'I3 nobody holds more than their limit', name || ': ' || taken || ' of ' || capacity
FROM places
WHERE taken > capacity

-- I4: every timer once, never early, never late -------------------------------------------------

UNION ALL
SELECT 'I4 an offer lapses in time', 'offer ' || id
FROM routing_offer, bound
WHERE state = 'PENDING' AND expires_at < bound.at

UNION ALL
SELECT 'I4 no offer lapses early', 'offer ' || id
FROM routing_offer
WHERE state = 'LAPSED' AND decided_at < expires_at

UNION ALL
SELECT 'I4 no offer is accepted late', 'offer ' || id
FROM routing_offer
WHERE state = 'ACCEPTED' AND decided_at >= expires_at

UNION ALL
SELECT 'I4 a wrap-up ends in time', 'interaction ' || id
FROM routing_interaction, bound
WHERE state = 'WRAP_UP' AND wrap_up_due_at < bound.at

UNION ALL
SELECT 'I4 a silent conversation ends in time', 'interaction ' || id
FROM routing_interaction, bound
WHERE state = 'ACTIVE' AND inactivity_due_at < bound.at

UNION ALL
SELECT 'I4 no conversation ends for silence early', 'interaction ' || interaction.id
FROM routing_interaction AS interaction
JOIN routing_channel AS channel ON channel.id = interaction.channel_id
WHERE interaction.ended_by = 'TIMER'
    AND interaction.ended_at < greatest(
        interaction.accepted_at,
        (SELECT max(event.at) FROM routing_event AS event
         WHERE event.interaction_id = interaction.id AND event.state = 'ACTIVE'),
        (SELECT max(m.created_at) FROM routing_message AS m
         WHERE m.interaction_id = interaction.id AND m.created_at < interaction.ended_at)
    ) + make_interval(mins => channel.inactivity_minutes)

UNION ALL
SELECT 'I4 a text that waits too long moves on in time', 'interaction ' || id
FROM routing_interaction, bound
WHERE state = 'QUEUED' AND overflow_due_at < bound.at

UNION ALL
SELECT 'I4 a text is moved out of a queue by overflow once', 'interaction ' || id
FROM routing_interaction
WHERE queue_id = ANY (overflow_left) OR (
    SELECT count(*) <> count(DISTINCT "left") FROM unnest(overflow_left) AS "left"
)

UNION ALL
SELECT 'I4 a parked conversation wakes in time', 'interaction ' || id
FROM routing_interaction, bound
WHERE state = 'PARKED' AND parked_until < bound.at

UNION ALL
SELECT 'I4 no parked conversation wakes early', 'interaction ' || woken.interaction_id
FROM routing_event AS woken
WHERE woken.kind = 'RESUMED' AND woken.detail ->> 'by' = 'time' AND woken.at < (
    SELECT (parked.detail ->> 'until')::timestamptz FROM routing_event AS parked
    WHERE parked.interaction_id = woken.interaction_id
        AND parked.kind = 'PARKED' AND parked.id < woken.id
    ORDER BY parked.id DESC LIMIT 1
)

UNION ALL
SELECT 'I4 a silent browser is noticed in time', name
FROM agents_agent, bound
WHERE present AND presence_due_at < bound.at

UNION ALL
SELECT 'I4 a text held for opening hours is released in time', 'interaction ' || id
FROM routing_interaction, bound
WHERE state = 'HELD' AND held_until < bound.at

UNION ALL
SELECT 'I4 a stored request is handled in time', 'request ' || id
FROM routing_carrierrequest, bound
WHERE state = 'STORED' AND due_at < bound.at

UNION ALL
SELECT 'I4 who waits has a time', kind || ' ' || id
FROM (
    SELECT 'interaction' AS kind, interaction.id
    FROM routing_interaction AS interaction
    JOIN routing_channel AS channel ON channel.id = interaction.channel_id
    WHERE (interaction.state = 'ACTIVE' AND channel.ends_when_inactive
           AND interaction.inactivity_due_at IS NULL)
        OR (interaction.state = 'WRAP_UP' AND interaction.wrap_up_due_at IS NULL)
        OR (interaction.state = 'HELD' AND interaction.held_until IS NULL)
        OR (interaction.state = 'PARKED' AND interaction.parked_until IS NULL)
    UNION ALL
    SELECT 'request', id FROM routing_carrierrequest WHERE state = 'STORED' AND due_at IS NULL
    UNION ALL
    SELECT 'message', id FROM routing_message
    WHERE state IN ('QUEUED', 'SENDING') AND due_at IS NULL
    UNION ALL
    SELECT 'agent', id FROM agents_agent WHERE present AND presence_due_at IS NULL
) AS without_time

UNION ALL
SELECT 'I4 extended, ended and closed happen once',
    'interaction ' || interaction_id || ' ' || kind
FROM routing_event
WHERE kind IN ('EXTENDED', 'ENDED', 'CLOSED')
GROUP BY interaction_id, kind
HAVING count(*) > 1

-- I5: no text waits while somebody could take it ------------------------------------------------

UNION ALL
SELECT 'I5 no text waits for an agent who is free',
    'interaction ' || interaction.id || ' and ' || agent.name
FROM bound, routing_interaction AS interaction
JOIN routing_queue AS queue ON queue.id = interaction.queue_id
JOIN routing_queuemember AS member ON member.queue_id = queue.id
JOIN agents_agent AS agent ON agent.id = member.agent_id
JOIN agents_statuscode AS status ON status.id = agent.status_id
JOIN auth_user AS person ON person.id = agent.user_id
JOIN places ON places.id = agent.id
WHERE interaction.state = 'QUEUED'
    AND status.kind = 'AVAILABLE' AND agent.present AND NOT agent.stop_new AND person.is_active
    AND places.taken < places.capacity
    AND (queue.skill_id IS NULL OR interaction.asks_level = 0 OR EXISTS (
        SELECT FROM routing_agentskill AS skill
        WHERE skill.agent_id = agent.id AND skill.skill_id = queue.skill_id
            AND skill.level >= coalesce(interaction.asks_level, queue.minimum_level)
    ))
    -- both have been waiting for so long
    AND greatest(agent.idle_since, agent.status_since, (
        SELECT max(event.at) FROM routing_event AS event
        WHERE event.interaction_id = interaction.id AND event.state = 'QUEUED'
    )) < bound.at

-- I7: sent at most once, and never silent -------------------------------------------------------

UNION ALL
SELECT 'I7 no text stays on its way unnoticed', 'message ' || id || ' is ' || state
FROM routing_message, bound
WHERE state IN ('QUEUED', 'SENDING') AND due_at < bound.at

UNION ALL
SELECT 'I7 what failed or may have been sent says why', 'message ' || id
FROM routing_message
WHERE state IN ('FAILED', 'UNKNOWN') AND failure = ''

UNION ALL
SELECT 'I7 what is settled waits for nothing', 'message ' || id || ' is ' || state
FROM routing_message
WHERE state IN ('UNKNOWN', 'SENT', 'DELIVERED', 'FAILED') AND due_at IS NOT NULL

UNION ALL
SELECT 'I7 a campaign''s conversation is its one text', 'interaction ' || announced.interaction_id
FROM announced
WHERE (
    SELECT count(*) FROM routing_message AS m
    WHERE m.interaction_id = announced.interaction_id AND m.author = 'AUTOMATIC'
) <> 1 OR EXISTS (
    SELECT FROM routing_message AS m
    WHERE m.interaction_id = announced.interaction_id AND m.author <> 'AUTOMATIC'
)

UNION ALL
-- Whatever left for a number by a campaign, its recipient there stands for; what was taken back
-- before any carrier saw it does not count.
SELECT 'I7 a campaign texts a number once', 'event ' || min(event.id)
FROM routing_event AS event
JOIN routing_message AS message ON message.id = event.message_id
JOIN routing_interaction AS interaction ON interaction.id = event.interaction_id
WHERE event.kind = 'ANNOUNCED' AND message.attempts > 0
GROUP BY event.detail ->> 'campaign', interaction.channel_id, interaction.customer_address
HAVING count(*) > 1

UNION ALL
SELECT 'I7 a campaign''s text has its recipient', 'message ' || message.id
FROM routing_event AS event
JOIN routing_message AS message ON message.id = event.message_id
LEFT JOIN cases_campaignrecipient AS recipient ON recipient.message_id = message.id
WHERE event.kind = 'ANNOUNCED' AND recipient.id IS NULL
    AND NOT (message.state = 'FAILED' AND message.attempts = 0)

UNION ALL
SELECT 'I7 a campaign that is over leaves nobody waiting', 'campaign ' || campaign.id
FROM cases_campaign AS campaign
JOIN cases_campaignrecipient AS recipient ON recipient.campaign_id = campaign.id
WHERE campaign.state IN ('DONE', 'CANCELLED', 'DRAFT') AND recipient.state = 'WAITING'
GROUP BY campaign.id

UNION ALL
SELECT 'I4 a campaign with nobody left is done in time', 'campaign ' || campaign.id
FROM cases_campaign AS campaign, bound
WHERE campaign.state = 'RUNNING' AND (campaign.next_at IS NULL OR campaign.next_at < bound.at)
    AND NOT EXISTS (
        SELECT FROM cases_campaignrecipient AS recipient
        WHERE recipient.campaign_id = campaign.id AND recipient.state = 'WAITING'
    )

-- I8: the life line tells the present state -----------------------------------------------------

UNION ALL
SELECT 'I8 the life line ends in the present state',
    'interaction ' || interaction.id || ' is ' || interaction.state
FROM routing_interaction AS interaction
LEFT JOIN lifeline ON lifeline.interaction_id = interaction.id AND lifeline.is_last
WHERE lifeline.state IS DISTINCT FROM interaction.state

-- An agent may begin a conversation, or a campaign; else it waits for an agent at first.
UNION ALL
SELECT 'I8 the life line begins at a beginning', 'interaction ' || interaction_id
FROM lifeline
WHERE before IS NULL AND state NOT IN ('HELD', 'QUEUED')
    AND kind NOT IN ('STARTED', 'ANNOUNCED')

UNION ALL
SELECT 'I8 the life line makes legal moves only',
    'interaction ' || lifeline.interaction_id || ' ' || lifeline.before || ' to ' || lifeline.state
FROM lifeline
LEFT JOIN legal ON legal.before = lifeline.before AND legal.state = lifeline.state
WHERE lifeline.before IS NOT NULL AND legal.state IS NULL

UNION ALL
SELECT 'I8 the life line knows every offer', 'interaction ' || offers.interaction_id
FROM (
    SELECT interaction_id, count(*) AS made FROM routing_offer GROUP BY interaction_id
) AS offers
WHERE offers.made <> (
    SELECT count(*) FROM routing_event AS event
    WHERE event.interaction_id = offers.interaction_id AND event.kind = 'OFFERED'
)

UNION ALL
SELECT 'I8 the life line knows every text received', 'message ' || message.id
FROM routing_message AS message
WHERE message.request_id IS NOT NULL
    AND (SELECT count(*) FROM routing_event AS event
         WHERE event.message_id = message.id AND event.kind = 'RECEIVED') <> 1

-- H7, H8 and E1: the log on the case, and the agent's time in each status -------------------------

UNION ALL
SELECT 'H8 an ended conversation has its chat log', 'interaction ' || interaction.id
FROM routing_interaction AS interaction
WHERE interaction.state IN ('WRAP_UP', 'CLOSED')
    AND interaction.id NOT IN (SELECT interaction_id FROM announced)
    AND NOT EXISTS (SELECT FROM cases_chatlog AS log WHERE log.interaction_id = interaction.id)

UNION ALL
SELECT 'E1 an agent has exactly one open status period, of the present status', agent.name
FROM agents_agent AS agent
WHERE (
    SELECT count(*) FROM agents_statusperiod AS period
    WHERE period.agent_id = agent.id AND period.ended_at IS NULL
        AND period.status_id = agent.status_id AND period.started_at = agent.status_since
) <> 1

ORDER BY broken, what
