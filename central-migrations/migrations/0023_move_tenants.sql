-- expand
-- Tenants' data on their way to another cluster while they are served, and how each move went: the journal.
create table moves (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    state text not null default 'copying' constraint moves_state_known
        check (state in ('copying', 'switching', 'clearing', 'undoing', 'done', 'given_up')),
    asked_by text not null,
    source_cluster text not null references clusters,
    source_database text not null references databases,
    source_generation integer not null,
    target_cluster text not null references clusters,
    target_database text not null references databases,
    -- The order of its present step.
    order_id uuid references work_orders,
    -- Bytes of the copy.
    bytes bigint,
    -- Rows that were compared while the writers were held, and for how long they were held.
    row_count bigint,
    held_ms integer,
    -- Why it is given up.
    reason text,
    -- Until then what it moved away from is kept.
    keep_until timestamptz,
    created_at timestamptz not null,
    copied_at timestamptz,
    switched_at timestamptz,
    -- Since when everything is undone but at the target, which is away.
    left_at timestamptz,
    finished_at timestamptz,
    constraint moves_given_up_has_reason check ((state in ('undoing', 'given_up')) = (reason is not null)),
    constraint moves_switched_is_whole check (num_nulls(switched_at, keep_until, row_count, held_ms) in (0, 4)),
    constraint moves_over_has_end check ((state in ('done', 'given_up')) = (finished_at is not null))
);
create unique index moves_one_at_a_time on moves (tenant_id) where state not in ('done', 'given_up');
create index moves_by_tenant on moves (tenant_id, id);
create index moves_by_source on moves (source_database, id);
create index moves_by_order on moves (order_id);
create index moves_kept on moves (keep_until) where keep_until is not null;

-- A database that is being copied into is nobody's yet.
alter table databases
    drop constraint databases_state_known,
    add constraint databases_state_known check (state in
        ('preparing', 'ready', 'claimed', 'live', 'failed', 'retired', 'dropped', 'restoring', 'set_aside', 'moving'));

alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known check (kind in
        ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases',
         'back_up_tenant', 'restore_tenant', 'prune_backups',
         'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind check (
        (kind in ('drop_template', 'migrate_databases', 'back_up_tenant', 'restore_tenant', 'prune_backups',
                  'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move'))
        = (database_name is null));
