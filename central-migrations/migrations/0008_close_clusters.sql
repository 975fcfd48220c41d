-- contract
-- A cluster is open or closed to new hotels. Whether it is full follows from its capacity.
update clusters set state = 'open' where state = 'full';
alter table clusters
    drop constraint clusters_state_known,
    add constraint clusters_state_known check (state in ('open', 'closed'));
