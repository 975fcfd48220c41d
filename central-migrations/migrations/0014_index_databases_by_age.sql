-- expand
-- How many databases were made on a cluster since a moment is asked before each that is made or dropped.
create index databases_by_age on databases (cluster_id, created_at);
