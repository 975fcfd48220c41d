-- expand
-- Files in an open format with all of a tenant's data. They lie in the exchange for some days; here is which there are, and how each went.
create table exports (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    state text not null default 'ordered'
        constraint exports_state_known check (state in ('ordered', 'done', 'failed', 'expired')),
    asked_by text not null,
    order_id uuid references work_orders,
    -- The instant it shows.
    taken_at timestamptz,
    took_ms integer,
    -- The version of its schema.
    schema text,
    row_count bigint,
    -- How long the file is.
    file_bytes bigint,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    -- Until when it can be fetched.
    expires_at timestamptz,
    constraint exports_good_is_whole check (
        state not in ('done', 'expired') or num_nulls(taken_at, took_ms, schema, row_count, file_bytes, expires_at) = 0),
    constraint exports_failed_has_reason check ((state = 'failed') = (error is not null))
);
create unique index exports_one_at_a_time on exports (tenant_id) where state = 'ordered';
create index exports_by_tenant on exports (tenant_id, id);
create index exports_by_order on exports (order_id);
create index exports_kept on exports (expires_at) where state = 'done';

-- Such files on their way in. The tenant is there when all of its data is, and not before.
create table imports (
    id uuid primary key,
    state text not null default 'awaited'
        constraint imports_state_known check (state in ('awaited', 'ordered', 'done', 'failed', 'expired')),
    asked_by text not null,
    -- What the tenant is to be, as a sign-up says it.
    wish jsonb not null,
    -- Whose house it becomes.
    tenant_id uuid not null,
    order_id uuid references work_orders,
    database_name text references databases,
    took_ms integer,
    row_count bigint,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    -- Until when its pieces lie in the exchange.
    expires_at timestamptz not null,
    constraint imports_ordered_has_order check (state in ('awaited', 'expired') or (order_id is not null and database_name is not null)),
    constraint imports_failed_has_reason check ((state = 'failed') = (error is not null))
);
create index imports_by_order on imports (order_id);
create index imports_kept on imports (expires_at) where state <> 'expired';

-- The pieces a file came in, each sealed by itself in the exchange.
create table import_pieces (
    import_id uuid not null references imports on delete cascade,
    number integer not null constraint import_pieces_number_range check (number between 0 and 9999),
    id uuid not null,
    bytes bigint not null,
    primary key (import_id, number)
);

alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known check (kind in
        ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases',
         'back_up_tenant', 'restore_tenant', 'prune_backups',
         'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
         'take_base', 'recover_tenant', 'prune_bases',
         'export_tenant', 'import_tenant')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind check (
        (kind in ('drop_template', 'migrate_databases', 'back_up_tenant', 'restore_tenant', 'prune_backups',
                  'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
                  'take_base', 'recover_tenant', 'prune_bases',
                  'export_tenant', 'import_tenant'))
        = (database_name is null));
