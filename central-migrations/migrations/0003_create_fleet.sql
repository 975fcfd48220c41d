-- expand
-- Postgres servers that hold tenants' databases.
create table clusters (
    id text primary key constraint clusters_id_shape check (id ~ '^[a-z][a-z0-9-]{0,39}$'),
    host text not null,
    port integer not null constraint clusters_port_range check (port between 1 and 65535),
    -- Connections all nodes together may open.
    budget integer not null constraint clusters_budget_positive check (budget > 0),
    -- Databases it may hold.
    capacity integer not null constraint clusters_capacity_positive check (capacity > 0),
    state text not null default 'open' constraint clusters_state_known check (state in ('open', 'full', 'closed')),
    -- The version of the hotel schema its frozen template has, as the fleet role told last.
    template text,
    created_at timestamptz not null,
    constraint clusters_address_unique unique (host, port)
);

-- Processes of the data plane.
create table nodes (
    name text primary key constraint nodes_name_shape check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    -- SHA-256 of the bearer token.
    token_hash bytea not null constraint nodes_token_unique unique constraint nodes_token_length check (length(token_hash) = 32),
    roles text[] not null constraint nodes_roles_known check (roles <@ '{serve,work,fleet}' and cardinality(roles) > 0),
    version text,
    started_at timestamptz,
    last_heartbeat_at timestamptz,
    -- The last heartbeat, whole.
    load jsonb,
    retired_at timestamptz,
    created_at timestamptz not null
);

-- The part of a cluster's budget that a node and role may use. What counts against the budget is the greater of the two.
create table connection_shares (
    cluster_id text not null references clusters,
    node text not null references nodes,
    role text not null constraint connection_shares_role_known check (role in ('serve', 'work', 'fleet')),
    granted integer not null constraint connection_shares_granted_not_negative check (granted >= 0),
    holding integer not null constraint connection_shares_holding_not_negative check (holding >= 0),
    primary key (cluster_id, node, role)
);

-- Tenants' databases, also those made before their tenant comes.
create table databases (
    name text primary key constraint databases_name_shape check (name ~ '^t_[0-9a-f]{32}$'),
    cluster_id text not null references clusters,
    state text not null constraint databases_state_known check (state in ('preparing', 'ready', 'claimed', 'live', 'failed')),
    -- The version of the hotel schema it has.
    template text,
    tenant_id uuid references tenants constraint databases_one_each unique,
    generation integer not null default 1 constraint databases_generation_positive check (generation > 0),
    created_at timestamptz not null,
    constraint databases_claimed_has_tenant check ((state in ('claimed', 'live')) = (tenant_id is not null)),
    constraint databases_ready_has_template check (state not in ('ready', 'live') or template is not null)
);
create index databases_ready on databases (cluster_id, created_at) where state = 'ready';
create index databases_by_cluster on databases (cluster_id, state);

-- What the fleet role is told to do.
create table work_orders (
    id uuid primary key,
    kind text not null constraint work_orders_kind_known check (kind in ('prepare_database', 'create_tenant')),
    cluster_id text not null references clusters,
    database_name text not null references databases,
    tenant_id uuid references tenants,
    -- Lower goes first: somebody waits for a sign-up, nobody for a ready-made database.
    priority smallint not null,
    state text not null default 'queued' constraint work_orders_state_known check (state in ('queued', 'leased', 'done', 'failed')),
    task jsonb not null,
    -- Counts up with each lease; a report with an older one is refused.
    fence bigint not null default 0,
    attempts smallint not null default 0,
    leased_by text references nodes,
    leased_at timestamptz,
    leased_until timestamptz,
    next_attempt_at timestamptz not null,
    last_error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint work_orders_lease_has_holder check (state <> 'leased' or (leased_by is not null and leased_at is not null and leased_until is not null)),
    constraint work_orders_tenant_fits_kind check ((kind = 'create_tenant') = (tenant_id is not null))
);
create index work_orders_due on work_orders (cluster_id, priority, next_attempt_at) where state in ('queued', 'leased');
create index work_orders_failed on work_orders (created_at) where state = 'failed';
create index work_orders_by_tenant on work_orders (tenant_id) where tenant_id is not null;

-- The version of the routing table. Its one row is locked by whoever changes a route until that change is there: no gaps, no overtaking.
create table routes_head (
    only_row boolean primary key default true constraint routes_head_has_one_row check (only_row),
    version bigint not null constraint routes_head_not_negative check (version >= 0)
);
insert into routes_head (version) values (0);

-- The last changes of the routing table, as nodes read them.
create table routes_feed (
    version bigint primary key,
    change jsonb not null,
    at timestamptz not null
);

-- The routing table: every tenant that has a database and is not gone.
create view routes as
select t.id as tenant_id, t.slug, t.name, t.status,
       (select array_agg(d.host order by d.kind desc, d.host) from domains d where d.tenant_id = t.id) as hosts,
       b.cluster_id, b.name as database_name, b.generation,
       p.connections, s.rooms, p.users,
       array(select feature from (
                 select unnest(p.features) as feature
                 union select f.feature from tenant_features f where f.tenant_id = t.id and f.enabled) wanted
              where not exists (select 1 from tenant_features f
                                 where f.tenant_id = t.id and f.feature = wanted.feature and not f.enabled)
              order by feature) as features
  from tenants t
  join databases b on b.tenant_id = t.id and b.state = 'live'
  join subscriptions s on s.tenant_id = t.id
  join plans p on p.id = s.plan_id
 where t.status <> 'churned';
