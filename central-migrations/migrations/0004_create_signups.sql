-- expand
-- Sign-ups, and the answer to who asks twice: same key and same request from the same address, same answer.
create table signups (
    id uuid primary key,
    scope text not null,
    key text not null constraint signups_key_length check (length(key) between 8 and 128),
    request_hash bytea not null,
    -- The tenant is inserted after this row, in the same transaction.
    tenant_id uuid not null constraint signups_one_each unique references tenants deferrable initially deferred,
    status text not null constraint signups_status_known check (status in ('preparing', 'ready', 'failed')),
    created_at timestamptz not null,
    ready_at timestamptz,
    constraint signups_key_once unique (scope, key)
);

-- Letters, rendered when they were caused. The Message-ID is fixed here, so that a letter sent twice is one.
create table letters (
    id uuid primary key,
    kind text not null,
    to_address text not null,
    to_name text not null default '',
    subject text not null,
    -- Both bodies are emptied once the letter is sent: they may carry a link that lets its reader in.
    body_text text not null,
    body_html text not null,
    message_id text not null constraint letters_message_id_unique unique,
    tenant_id uuid references tenants,
    state text not null default 'queued' constraint letters_state_known check (state in ('queued', 'sent', 'failed')),
    attempts smallint not null default 0,
    -- Counts up with each claim: a sender that woke too late settles nothing.
    fence bigint not null default 0,
    leased_until timestamptz,
    due_at timestamptz not null,
    last_error text,
    created_at timestamptz not null,
    sent_at timestamptz
);
create index letters_due on letters (due_at) where state = 'queued';
create index letters_by_tenant on letters (tenant_id) where tenant_id is not null;
