-- expand
-- Bringing tenants' databases to a version of their schema, wave by wave. What is behind is known here: nobody asks the databases.
create table rollouts (
    id uuid primary key,
    -- The version of the hotel schema they are to have.
    target text not null,
    state text not null default 'running' constraint rollouts_state_known check (state in ('running', 'halted', 'superseded', 'done')),
    -- It stops by itself when more than this part of the databases tried has failed, in basis points.
    tolerated_bp integer not null constraint rollouts_tolerated_range check (tolerated_bp between 0 and 10000),
    halted_because text,
    started_by text not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint rollouts_halted_has_reason check ((state = 'halted') = (halted_because is not null)),
    constraint rollouts_done_has_end check ((state in ('superseded', 'done')) = (finished_at is not null))
);
create unique index rollouts_one_at_a_time on rollouts ((true)) where state = 'running';

-- One database of a rollout, and how it went: the journal.
create table rollout_databases (
    rollout_id uuid not null references rollouts,
    database_name text not null references databases,
    tenant_id uuid not null references tenants,
    wave smallint not null constraint rollout_databases_wave_range check (wave between 0 and 3),
    state text not null default 'waiting'
        constraint rollout_databases_state_known check (state in ('waiting', 'ordered', 'done', 'failed')),
    from_version text not null,
    order_id uuid references work_orders,
    took_ms integer,
    error text,
    finished_at timestamptz,
    primary key (rollout_id, database_name),
    constraint rollout_databases_failed_has_reason check ((state = 'failed') = (error is not null)),
    constraint rollout_databases_ordered_has_order check (state <> 'ordered' or order_id is not null)
);
create index rollout_databases_by_state on rollout_databases (rollout_id, state, wave);
create index rollout_databases_by_order on rollout_databases (order_id) where order_id is not null;

-- An order for several databases names them in its task.
alter table work_orders
    drop constraint work_orders_kind_known,
    add constraint work_orders_kind_known
        check (kind in ('prepare_database', 'create_tenant', 'drop_database', 'drop_template', 'migrate_databases')),
    drop constraint work_orders_database_fits_kind,
    add constraint work_orders_database_fits_kind
        check ((kind in ('drop_template', 'migrate_databases')) = (database_name is null));
