-- expand
-- The servers on which a worker in service has a store of backups, and when the last of them was heard.
create view backup_keepers as
    select c->>'cluster' as cluster_id, max(n.last_heartbeat_at) as heard_at
      from nodes n, jsonb_array_elements(n.load->'clusters') c
     where n.retired_at is null and c->'keeps_backups' = 'true'
     group by 1;

-- A tenant's newest good backup, found without reading those that are long gone.
create index backups_good on backups (tenant_id, taken_at) where state = 'done';
