-- expand
-- The request that caused a line; none for commands and what the house does by itself.
alter table audit_log add column request_id uuid;
