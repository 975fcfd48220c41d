-- expand
-- A room type or a rate plan that is no longer sold keeps its name for the stays of the past.
alter table room_types add column archived boolean not null default false;
alter table rate_plans add column archived boolean not null default false;
