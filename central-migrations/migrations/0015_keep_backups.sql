-- expand
-- Backups of tenants' databases in a store the fleet role has; here is which there are, and how each went: the journal.
create table backups (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    -- A daily one was due at an instant of the tenant's own night; any other was asked for.
    kind text not null constraint backups_kind_known check (kind in ('daily', 'asked')),
    due_at timestamptz,
    state text not null default 'ordered'
        constraint backups_state_known check (state in ('ordered', 'done', 'failed', 'pruning', 'pruned')),
    asked_by text not null,
    order_id uuid references work_orders,
    cluster_id text not null references clusters,
    database_name text not null references databases,
    -- The instant it shows, as the worker's clock had it.
    taken_at timestamptz,
    took_ms integer,
    -- The number of the last step of its schema.
    schema text,
    row_count bigint,
    stored_bytes bigint,
    -- Of its data as they lie in the store.
    sha256 text,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint backups_daily_has_due check ((kind = 'daily') = (due_at is not null)),
    constraint backups_good_is_whole check (
        state not in ('done', 'pruning', 'pruned')
        or num_nulls(taken_at, took_ms, schema, row_count, stored_bytes, sha256, finished_at) = 0),
    constraint backups_failed_has_reason check ((state = 'failed') = (error is not null))
);
create unique index backups_one_each_night on backups (tenant_id, due_at) where due_at is not null;
create unique index backups_one_at_a_time on backups (tenant_id) where state = 'ordered';
create index backups_by_tenant on backups (tenant_id, id);
create index backups_open on backups (cluster_id) where state in ('ordered', 'pruning');

-- Backups filled into databases again: beside a tenant's own, which is then replaced; as another tenant; or only to see that it can be done.
create table restores (
    id uuid primary key,
    backup_id uuid not null references backups,
    kind text not null constraint restores_kind_known check (kind in ('in_place', 'copy', 'drill')),
    -- Whose house the database is to be.
    tenant_id uuid not null references tenants,
    state text not null default 'ordered'
        constraint restores_state_known check (state in ('ordered', 'done', 'failed', 'undone')),
    asked_by text not null,
    order_id uuid references work_orders,
    database_name text not null references databases,
    -- What it replaced, kept so that it can be undone until then.
    old_database text references databases,
    keep_until timestamptz,
    -- Whether the hotel was closed for it, and is opened by its end.
    closed_for_it boolean not null default false,
    took_ms integer,
    row_count bigint,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint restores_old_is_kept check ((old_database is null) = (keep_until is null)),
    constraint restores_failed_has_reason check ((state = 'failed') = (error is not null))
);
create unique index restores_one_at_a_time on restores (tenant_id) where state = 'ordered';
create index restores_by_tenant on restores (tenant_id, id);
create index restores_by_order on restores (order_id);
create index restores_kept on restores (keep_until) where keep_until is not null;

-- A database that is being filled is nobody's yet; one that was replaced is nobody's any more, and kept for a while.
alter table databases
    drop constraint databases_state_known,
    add constraint databases_state_known check (state in
        ('preparing', 'ready', 'claimed', 'live', 'failed', 'retired', 'dropped', 'restoring', 'set_aside'));

alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known check (kind in
        ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases',
         'back_up_tenant', 'restore_tenant', 'prune_backups')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind check (
        (kind in ('drop_template', 'migrate_databases', 'back_up_tenant', 'restore_tenant', 'prune_backups'))
        = (database_name is null));
