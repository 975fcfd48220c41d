-- expand
-- Whom a cluster is for: any hotel; hotels that share it; or one hotel alone. What a plan asks for stands beside the plan.
alter table clusters
    add column tier text not null default 'any' constraint clusters_tier_known check (tier in ('any', 'shared', 'alone')),
    -- While it is being emptied it takes no new hotels, and those it has move away.
    drop constraint clusters_state_known,
    add constraint clusters_state_known check (state in ('open', 'closed', 'draining')),
    add column draining_since timestamptz,
    -- Why its emptying stands still.
    add column drain_halted_because text,
    add constraint clusters_draining_is_dated check ((state = 'draining') = (draining_since is not null)),
    add constraint clusters_halted_is_draining check (drain_halted_because is null or state = 'draining');

alter table plans add column tier text not null default 'shared' constraint plans_tier_known check (tier in ('shared', 'alone'));
update plans set tier = 'alone' where id = 'enterprise';
