-- expand
create table users (
    id uuid primary key,
    email text not null constraint users_email_unique unique
        constraint users_email_lower_case check (email = lower(email) and email like '_%@_%'),
    name text not null constraint users_name_present check (name <> ''),
    phone text not null default '',
    language text not null default 'id' constraint users_language_known check (language in ('id', 'en')),
    roles text[] not null default '{}',
    status text not null default 'active' constraint users_status_known check (status in ('active', 'disabled')),
    -- argon2id in PHC form; absent until the owner of a fresh account sets one.
    password_hash text,
    password_set_at timestamptz,
    -- Absent until the owner has opened a letter sent there; until then nothing goes to strangers.
    email_confirmed_at timestamptz,
    totp_secret bytea,
    totp_confirmed_at timestamptz,
    -- The last 30-second step a code was accepted for: no code works twice.
    totp_last_step bigint,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table recovery_codes (
    user_id uuid not null references users on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);

-- A session is known by the hash of its token; the token itself is only in the browser.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    token_hash bytea not null constraint sessions_token_unique unique,
    address text not null default '',
    agent text not null default '',
    created_at timestamptz not null,
    rotated_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_by_user on sessions (user_id, last_seen_at desc);

-- Links that work once: the welcome letter's login, a new password, a mail address to confirm.
create table one_time_links (
    token_hash bytea primary key,
    user_id uuid not null references users on delete cascade,
    purpose text not null constraint one_time_links_purpose_known check (purpose in ('login', 'password', 'email')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index one_time_links_by_user on one_time_links (user_id);
