-- expand
-- A night whose backup failed is backed up again: of those that did not fail there is one.
drop index backups_one_each_night;
create unique index backups_one_each_night on backups (tenant_id, due_at) where due_at is not null and state <> 'failed';
