-- expand
-- What a letter's link opens, once: an account for somebody invited, or a new authenticator for one of the staff.
create table staff_links (
    id uuid primary key,
    token_hash bytea not null constraint staff_links_token_unique unique constraint staff_links_token_length check (length(token_hash) = 32),
    -- Whose authenticator it renews; without one it is an invitation.
    staff_id uuid references staff,
    email text constraint staff_links_email_lower_case check (email = lower(email) and email like '_%@_%'),
    name text constraint staff_links_name_present check (name <> ''),
    role text constraint staff_links_role_known
        check (role in ('super_admin', 'sales', 'support', 'finance', 'dev_ops', 'read_only')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- When it was used, withdrawn, or replaced by a newer one.
    closed_at timestamptz,
    constraint staff_links_staff_or_newcomer check (
        case when staff_id is null then num_nulls(email, name, role) = 0 else num_nonnulls(email, name, role) = 0 end)
);
create unique index staff_links_one_open_invitation on staff_links (email) where closed_at is null and staff_id is null;
create unique index staff_links_one_open_renewal on staff_links (staff_id) where closed_at is null;

-- The answers to POSTs, for whoever asks the same again. A request may hold a password: its hash is a MAC under this plane's key.
create table idempotency_keys (
    scope text not null,
    key text not null constraint idempotency_keys_key_length check (length(key) between 8 and 128),
    request_mac bytea not null,
    status smallint,
    body bytea,
    created_at timestamptz not null,
    primary key (scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- How nodes reach a server: without a word, in the clear on the same machine and encrypted where it can be elsewhere.
alter table clusters
    add column tls_mode text constraint clusters_tls_mode_known
        check (tls_mode in ('disable', 'prefer', 'require', 'verify-ca', 'verify-full')),
    -- The certificates, in PEM, of who signs the server's; without them the well-known authorities.
    add column tls_root text;
