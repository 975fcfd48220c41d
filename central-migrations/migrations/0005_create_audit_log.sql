-- expand
-- Who changed what at the vendor. Rows are only ever added: the trigger refuses anything else, also to the owner of the table.
create table audit_log (
    seq bigint generated always as identity primary key,
    at timestamptz not null,
    actor_kind text not null constraint audit_log_actor_known check (actor_kind in ('staff', 'visitor', 'node', 'command', 'system')),
    actor_id uuid,
    actor_name text not null default '',
    action text not null constraint audit_log_action_shape check (action ~ '^[a-z][a-z_.-]+$'),
    subject_kind text not null,
    -- A tenant's id, a node's name, a cluster's name: as text.
    subject_id text not null,
    tenant_id uuid,
    details jsonb not null default '{}'
);
create index audit_log_by_tenant on audit_log (tenant_id, seq desc) where tenant_id is not null;
create index audit_log_by_subject on audit_log (subject_kind, subject_id, seq desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are only ever added', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_log_append_only before update or delete on audit_log
    for each row execute function refuse_change();
create trigger audit_log_never_emptied before truncate on audit_log
    for each statement execute function refuse_change();
