-- expand
-- Databases that tenants share, each in a schema of its own.
create table shared_databases (
    name text primary key constraint shared_databases_name_shape check (name ~ '^s_[0-9a-f]{32}$'),
    cluster_id text not null references clusters,
    -- Schemas it may hold.
    capacity integer not null constraint shared_databases_capacity_positive check (capacity > 0),
    created_at timestamptz not null
);
create index shared_databases_by_cluster on shared_databases (cluster_id, created_at);

-- What a plan's hotels are placed in when they sign up.
alter table plans
    add column placed_in text not null default 'database' constraint plans_placed_in_known check (placed_in in ('database', 'schema'));

-- Where a tenant's tables lie: `t_…` is a database of its own, `s_….t_…` a schema of a shared one.
alter table databases
    add column shared_database text generated always as (nullif(split_part(name, '.', 1), name)) stored,
    drop constraint databases_name_shape,
    add constraint databases_name_shape check (name ~ '^(s_[0-9a-f]{32}[.])?t_[0-9a-f]{32}$');
create index databases_by_shared on databases (shared_database) where shared_database is not null;
alter table strays
    drop constraint strays_name_shape,
    add constraint strays_name_shape check (name ~ '^(s_[0-9a-f]{32}[.])?t_[0-9a-f]{32}$');
