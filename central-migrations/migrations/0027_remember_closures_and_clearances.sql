-- expand
-- Since when the hotel of a restore in its place was closed when that was ordered: one that was opened meanwhile keeps what it wrote.
alter table restores add column closed_since timestamptz;
update restores r set closed_since = t.maintenance_since
  from tenants t where t.id = r.tenant_id and r.kind = 'in_place' and r.state = 'ordered';

-- Of a backup that failed something may lie in the store: the order that removes it, and when it was done.
alter table backups
    add column clearing_order uuid references work_orders,
    add column cleared_at timestamptz;
create index backups_clearing on backups (clearing_order) where clearing_order is not null;
