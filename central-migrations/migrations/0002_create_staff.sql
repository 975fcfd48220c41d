-- expand
-- The vendor's people. Nobody is here without a second factor.
create table staff (
    id uuid primary key,
    email text not null constraint staff_email_unique unique
        constraint staff_email_lower_case check (email = lower(email) and email like '_%@_%'),
    name text not null constraint staff_name_present check (name <> ''),
    role text not null constraint staff_role_known
        check (role in ('super_admin', 'sales', 'support', 'finance', 'dev_ops', 'read_only')),
    status text not null default 'active' constraint staff_status_known check (status in ('active', 'disabled')),
    -- argon2id in PHC form.
    password_hash text not null,
    password_set_at timestamptz not null,
    totp_secret bytea not null constraint staff_totp_length check (length(totp_secret) = 20),
    -- The last 30-second step a code was accepted for: no code works twice.
    totp_last_step bigint,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table staff_recovery_codes (
    staff_id uuid not null references staff on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (staff_id, code_hash)
);

-- A session is known by the hash of its token; the token itself is only in the browser.
create table staff_sessions (
    id uuid primary key,
    staff_id uuid not null references staff on delete cascade,
    token_hash bytea not null constraint staff_sessions_token_unique unique,
    address text not null default '',
    agent text not null default '',
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index staff_sessions_by_staff on staff_sessions (staff_id, id desc);
