-- expand
-- What is not wanted of a share is lent to who wants more.
alter table connection_shares
    add column wanted integer null constraint connection_shares_wanted_not_negative check (wanted >= 0);

comment on column connection_shares.wanted is
    'How many connections the node would have used since its heartbeat before, had it had them. Null where it does not say.';
