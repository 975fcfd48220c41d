-- expand
-- How many times a tenant has left the routing table: a node that finds more of them missing has been handed a damaged one.
alter table routes_head
    add column departed bigint not null default 0 constraint routes_head_departed_not_negative check (departed >= 0);
