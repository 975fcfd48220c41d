-- expand
-- What is reserved of a cluster's budget for one node, whether it is heard of or not: it lives by it before anybody grants it a share.
create table reserved_connections (
    cluster_id text not null references clusters,
    node text not null references nodes,
    role text not null constraint reserved_connections_role_known check (role in ('serve', 'work')),
    connections integer not null constraint reserved_connections_positive check (connections > 0),
    -- The token of the enrolment that is told of it: no other process of this name may use it.
    token_hash bytea not null constraint reserved_connections_token_length check (length(token_hash) = 32),
    primary key (cluster_id, node)
);

-- Which heartbeat was heard last: one that was sent before it changes nothing any more.
alter table nodes
    add column start_number bigint not null default 0
        constraint nodes_start_number_not_negative check (start_number >= 0),
    add column beat_number bigint not null default 0
        constraint nodes_beat_number_not_negative check (beat_number >= 0);

comment on column nodes.start_number is 'Counts the starts of the node''s process, as far as they were told of.';
comment on column nodes.beat_number is 'The last heartbeat of that start; each has a higher number than the one before.';
