-- expand
-- What a tenant goes through besides suspension: a maintenance that its visitors are told of, and a deletion that can be undone until
-- its database is dropped. Its name is free again once that database is known to be gone, and not before.
alter table tenants
    add column maintenance_text text,
    -- When it is expected to end, for people; staff end it.
    add column maintenance_until timestamptz,
    add column maintenance_since timestamptz,
    -- What undeleting returns to.
    add column deleted_from text constraint tenants_deleted_from_known check (deleted_from in ('trial', 'active', 'suspended')),
    add column deleted_reason text,
    -- Until then the database is kept.
    add column drop_after timestamptz,
    add column released_at timestamptz,
    add constraint tenants_maintenance_is_told check (
        (maintenance_text is null) = (maintenance_since is null) and (maintenance_until is null or maintenance_text is not null)),
    add constraint tenants_deletion_is_whole check (num_nulls(deleted_from, deleted_reason, drop_after) in (0, 3)),
    add constraint tenants_deleted_is_churned check (deleted_from is null or status = 'churned'),
    add constraint tenants_released_is_churned check (released_at is null or status = 'churned');
create index tenants_deleted on tenants (drop_after) where deleted_from is not null and released_at is null;

-- A name belongs to one tenant at a time; those who had it before keep it in their rows.
alter table tenants drop constraint tenants_slug_unique;
create unique index tenants_slug_unique on tenants (slug) where released_at is null;

create or replace view routes as
select t.id as tenant_id, t.slug, t.name, t.status,
       (select array_agg(d.host order by d.kind desc, d.host) from domains d where d.tenant_id = t.id) as hosts,
       b.cluster_id, b.name as database_name, b.generation,
       p.connections, s.rooms, p.users,
       array(select feature from (
                 select unnest(p.features) as feature
                 union select f.feature from tenant_features f where f.tenant_id = t.id and f.enabled) wanted
              where not exists (select 1 from tenant_features f
                                 where f.tenant_id = t.id and f.feature = wanted.feature and not f.enabled)
              order by feature) as features,
       t.status_reason, t.maintenance_text, t.maintenance_until
  from tenants t
  join databases b on b.tenant_id = t.id and b.state = 'live'
  join subscriptions s on s.tenant_id = t.id
  join plans p on p.id = s.plan_id
 where t.status <> 'churned';
