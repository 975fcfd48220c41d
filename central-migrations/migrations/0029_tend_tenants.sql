-- expand
-- Named work at tenants' databases, and how it went at each: the journal.
create table chores (
    id uuid primary key,
    chore text not null constraint chores_chore_known check (chore in ('check', 'analyze', 'vacuum', 'reindex')),
    asked_by text not null,
    created_at timestamptz not null
);
create table chore_tenants (
    chore_id uuid not null references chores,
    tenant_id uuid not null references tenants,
    order_id uuid not null constraint chore_tenants_order_unique unique references work_orders,
    state text not null default 'ordered' constraint chore_tenants_state_known check (state in ('ordered', 'done', 'failed')),
    took_ms integer,
    -- What was found that should not be, a sentence each.
    findings text[] not null default '{}',
    error text,
    finished_at timestamptz,
    primary key (chore_id, tenant_id),
    constraint chore_tenants_failed_has_reason check ((state = 'failed') = (error is not null)),
    constraint chore_tenants_over_has_end check ((state = 'ordered') = (finished_at is null))
);
create index chore_tenants_by_tenant on chore_tenants (tenant_id);

alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known check (kind in
        ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases',
         'back_up_tenant', 'restore_tenant', 'prune_backups',
         'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
         'take_base', 'recover_tenant', 'prune_bases',
         'export_tenant', 'import_tenant', 'tend_tenant')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind check (
        (kind in ('drop_template', 'migrate_databases', 'back_up_tenant', 'restore_tenant', 'prune_backups',
                  'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
                  'take_base', 'recover_tenant', 'prune_bases',
                  'export_tenant', 'import_tenant', 'tend_tenant'))
        = (database_name is null));
