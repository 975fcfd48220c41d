-- expand
-- A night whose backup failed is backed up again: of those that did not fail there is one.
drop index backups_one_each_night;
create unique index backups_one_each_night on backups (tenant_id, due_at) where due_at is not null and state <> 'failed';
create index backups_failed on backups (tenant_id, finished_at) where state = 'failed';
create index work_orders_dropping_houses on work_orders ((task->>'tenant')) where kind = 'drop_database';
