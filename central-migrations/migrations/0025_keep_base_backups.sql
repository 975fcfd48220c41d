-- expand
-- Base backups of whole servers in the store the fleet role has. Out of one and the WAL archived since, one tenant is made as it was at an
-- instant.
create table base_backups (
    id uuid primary key,
    cluster_id text not null references clusters,
    kind text not null constraint base_backups_kind_known check (kind in ('daily', 'asked')),
    state text not null default 'ordered'
        constraint base_backups_state_known check (state in ('ordered', 'done', 'failed', 'pruning', 'pruned')),
    asked_by text not null,
    order_id uuid references work_orders,
    -- By the server's own clock.
    began_at timestamptz,
    -- No earlier instant can be made of it.
    ended_at timestamptz,
    took_ms integer,
    -- The first and the last file of WAL without which it is not whole.
    from_wal text,
    to_wal text,
    stored_bytes bigint,
    -- Of its data as they lie in the store.
    sha256 text,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint base_backups_good_is_whole check (
        state not in ('done', 'pruning', 'pruned')
        or num_nulls(began_at, ended_at, took_ms, from_wal, to_wal, stored_bytes, sha256, finished_at) = 0),
    constraint base_backups_failed_has_reason check ((state = 'failed') = (error is not null))
);
create unique index base_backups_one_at_a_time on base_backups (cluster_id) where state = 'ordered';
create index base_backups_by_cluster on base_backups (cluster_id, ended_at);
create index base_backups_by_order on base_backups (order_id);

-- A backup of an instant is made when somebody asks for it, long after.
alter table backups
    drop constraint backups_kind_known,
    add constraint backups_kind_known check (kind in ('daily', 'asked', 'instant')),
    add column base_id uuid references base_backups,
    add column shows_at timestamptz,
    add constraint backups_instant_has_base check ((kind = 'instant') = (base_id is not null and shows_at is not null));
create index backups_by_base on backups (base_id) where base_id is not null;

-- Which database a tenant has had since when: an instant is made of the one it had then. There is no base backup from before this.
create table lodgings (
    number bigint generated always as identity primary key,
    tenant_id uuid not null references tenants,
    database_name text not null references databases,
    since timestamptz not null
);
create index lodgings_by_tenant on lodgings (tenant_id, since, number);
insert into lodgings (tenant_id, database_name, since)
    select tenant_id, name, created_at from databases where state = 'live' and tenant_id is not null;

-- The servers on which a worker in service has a store of backups and sees that the WAL is archived, and when the last of them was heard.
create view base_keepers as
    select c->>'cluster' as cluster_id, max(n.last_heartbeat_at) as heard_at
      from nodes n, jsonb_array_elements(n.load->'clusters') c
     where n.retired_at is null and c->'keeps_backups' = 'true' and c->'archives_wal' = 'true'
     group by 1;

alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known check (kind in
        ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases',
         'back_up_tenant', 'restore_tenant', 'prune_backups',
         'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
         'take_base', 'recover_tenant', 'prune_bases')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind check (
        (kind in ('drop_template', 'migrate_databases', 'back_up_tenant', 'restore_tenant', 'prune_backups',
                  'copy_tenant', 'switch_tenant', 'clear_move', 'undo_move',
                  'take_base', 'recover_tenant', 'prune_bases'))
        = (database_name is null));
