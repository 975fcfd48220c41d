-- expand
-- Databases that nobody was given and templates that nothing is copied from any more are dropped in the background.
alter table databases
    drop constraint databases_state_known,
    add constraint databases_state_known
        check (state in ('preparing', 'ready', 'claimed', 'live', 'failed', 'retired', 'dropped'));
create index databases_unwanted on databases (cluster_id, created_at) where state in ('ready', 'failed');

-- A template has no row of its own: an order for one names it in its task.
alter table work_orders
    alter column database_name drop not null,
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known
        check (kind in ('prepare_database', 'create_tenant', 'drop_database', 'drop_template')),
    add constraint work_orders_database_fits_kind check ((kind = 'drop_template') = (database_name is null));

-- Since when the fleet role tells of this template. While it is told of two by turns, nothing is retired.
alter table clusters add column template_since timestamptz;
