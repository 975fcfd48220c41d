-- expand
-- What lies on a cluster and should not, or should and does not. A line goes with the first inventory that lacks it.
create table strays (
    cluster_id text not null references clusters,
    kind text not null constraint strays_kind_known check (
        kind in ('unknown_database', 'left_database', 'unknown_role', 'missing_database', 'missing_role')),
    name text not null constraint strays_name_shape check (name ~ '^t_[0-9a-f]{32}$'),
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (cluster_id, name, kind)
);
