-- expand
-- What the staff's scripts show instead of a cookie. A token acts for its holder and may what both its own role and the holder's may;
-- it is worth nothing once it has expired, is revoked, or its holder is switched off.
create table staff_tokens (
    id uuid primary key,
    staff_id uuid not null references staff on delete cascade,
    name text not null constraint staff_tokens_name_length check (length(name) between 1 and 60),
    role text not null constraint staff_tokens_role_known
        check (role in ('super_admin', 'sales', 'support', 'finance', 'dev_ops', 'read_only')),
    token_hash bytea not null constraint staff_tokens_token_unique unique constraint staff_tokens_token_length check (length(token_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null constraint staff_tokens_expire_later check (expires_at > created_at),
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index staff_tokens_by_staff on staff_tokens (staff_id, id desc);
