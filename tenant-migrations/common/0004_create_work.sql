-- expand
-- Answers kept for repeated requests: same key and same request, same answer.
create table idempotency_keys (
    key text not null constraint idempotency_keys_key_length check (length(key) between 8 and 128),
    -- Who asked: the user, or the guest's address; keys of strangers do not meet.
    scope text not null,
    request_hash bytea not null,
    status smallint,
    headers jsonb,
    -- The bytes as they were sent.
    body bytea,
    created_at timestamptz not null,
    primary key (scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- Work to do, inserted in the transaction that causes it.
create table jobs (
    id uuid primary key,
    queue text not null,
    name text not null,
    version smallint not null default 1,
    payload jsonb not null,
    state text not null default 'queued' constraint jobs_state_known check (state in ('queued', 'running', 'done', 'failed')),
    due_at timestamptz not null,
    attempts smallint not null default 0,
    -- Counts up with each claim: a worker that woke too late holds an old one and completes nothing.
    fence bigint not null default 0,
    leased_until timestamptz,
    last_error text,
    created_at timestamptz not null,
    finished_at timestamptz
);
create index jobs_due on jobs (queue, due_at) where state in ('queued', 'running');

-- Letters, rendered when they were caused and sent by a job; the Message-ID is fixed here, so that a letter sent twice is one.
create table letters (
    id uuid primary key,
    kind text not null,
    to_address text not null,
    to_name text not null default '',
    subject text not null,
    body_text text not null,
    body_html text not null,
    message_id text not null constraint letters_message_id_unique unique,
    state text not null default 'queued' constraint letters_state_known check (state in ('queued', 'sent', 'failed', 'withheld')),
    reason text,
    created_at timestamptz not null,
    sent_at timestamptz
);
