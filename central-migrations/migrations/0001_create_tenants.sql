-- expand
-- Plans are rows: what they allow here, what they cost in plan_prices.
create table plans (
    id text primary key constraint plans_id_shape check (id ~ '^[a-z][a-z0-9-]{1,39}$'),
    name text not null,
    position smallint not null constraint plans_position_unique unique,
    rooms_from integer not null constraint plans_rooms_from_positive check (rooms_from > 0),
    -- Absent: no upper end.
    rooms_to integer,
    -- Absent: as many as they like.
    users integer constraint plans_users_positive check (users > 0),
    connections smallint not null constraint plans_connections_positive check (connections > 0),
    features text[] not null default '{}',
    offered boolean not null default true,
    constraint plans_rooms_in_order check (rooms_to >= rooms_from)
);

-- What a plan costs from a day on. A customer keeps the row it bought.
create table plan_prices (
    id uuid primary key default gen_random_uuid(),
    plan_id text not null references plans,
    valid_from date not null,
    basis text not null constraint plan_prices_basis_known check (basis in ('per_room', 'fixed', 'agreed')),
    -- Whole rupiah per month, for each room or for the whole house; absent where the price is agreed one by one.
    monthly_idr bigint,
    constraint plan_prices_one_per_day unique (plan_id, valid_from),
    constraint plan_prices_amount_fits_basis check ((basis = 'agreed') = (monthly_idr is null)),
    constraint plan_prices_not_negative check (monthly_idr >= 0)
);

insert into plans (id, name, position, rooms_from, rooms_to, users, connections, features) values
    ('starter', 'Starter', 1, 1, 19, 5, 4, '{}'),
    ('growth', 'Growth', 2, 20, 49, 15, 8, '{}'),
    ('pro', 'Pro', 3, 50, 149, null, 12, '{custom-domain}'),
    ('enterprise', 'Enterprise', 4, 150, null, null, 20, '{custom-domain}');
insert into plan_prices (plan_id, valid_from, basis, monthly_idr) values
    ('starter', '2026-01-01', 'per_room', 35000),
    ('growth', '2026-01-01', 'per_room', 50000),
    ('pro', '2026-01-01', 'per_room', 70000),
    ('enterprise', '2026-01-01', 'agreed', null);

-- A customer of ours. A slug is never given to another, also not after its tenant is gone.
create table tenants (
    id uuid primary key,
    slug text not null constraint tenants_slug_unique unique,
    name text not null constraint tenants_name_length check (length(name) between 1 and 120),
    status text not null constraint tenants_status_known check (status in ('trial', 'active', 'suspended', 'churned')),
    status_reason text,
    -- What resuming returns to.
    status_before text,
    status_since timestamptz not null,
    owner_name text not null,
    owner_email text not null constraint tenants_owner_email_lower check (owner_email = lower(owner_email)),
    owner_phone text not null,
    time_zone text not null,
    created_at timestamptz not null,
    constraint tenants_slug_shape check (slug ~ '^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$' and slug ~ '[a-z]' and substr(slug, 3, 2) <> '--'),
    constraint tenants_before_is_served check (status_before in ('trial', 'active')),
    constraint tenants_suspended_remembers check (status <> 'suspended' or status_before is not null)
);
create index tenants_by_name on tenants (lower(name), id);
create index tenants_by_age on tenants (created_at desc, id desc);

-- Features the vendor switched for one tenant: they beat the plan's.
create table tenant_features (
    tenant_id uuid not null references tenants,
    feature text not null constraint tenant_features_shape check (feature ~ '^[a-z][a-z0-9-]*$'),
    enabled boolean not null,
    primary key (tenant_id, feature)
);

-- Every host a tenant is served at.
create table domains (
    host text primary key,
    tenant_id uuid not null references tenants,
    kind text not null constraint domains_kind_known check (kind in ('slug', 'custom')),
    created_at timestamptz not null,
    constraint domains_host_lower check (host = lower(host) and host !~ '[^a-z0-9.-]' and length(host) between 1 and 253)
);
create index domains_by_tenant on domains (tenant_id);
create unique index domains_one_slug_each on domains (tenant_id) where kind = 'slug';

-- What a tenant is on, and since when. Periods are counted from the anchor.
create table subscriptions (
    id uuid primary key,
    tenant_id uuid not null references tenants constraint subscriptions_one_each unique,
    plan_id text not null references plans,
    price_id uuid not null references plan_prices,
    state text not null constraint subscriptions_state_known check (state in ('trialing', 'active', 'past_due', 'ended')),
    rooms integer not null constraint subscriptions_rooms_positive check (rooms > 0),
    anchor_on date not null,
    trial_ends_at timestamptz,
    created_at timestamptz not null,
    constraint subscriptions_trial_ends check (state <> 'trialing' or trial_ends_at is not null)
);
