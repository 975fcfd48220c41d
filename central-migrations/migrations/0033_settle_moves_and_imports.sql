-- expand
-- Where a switch is taken back and the hotel was restored meanwhile, it is not served from where it was: that is kept for the days of grace,
-- and dropped.
alter table moves
    drop constraint moves_switched_is_whole,
    add constraint moves_switched_is_whole check (
        num_nulls(switched_at, row_count, held_ms) in (0, 3) and (switched_at is null or keep_until is not null));
update moves m set keep_until = m.finished_at + interval '30 days'
  from databases d
 where m.state = 'given_up' and m.keep_until is null and d.name = m.source_database and d.state = 'set_aside'
   and not exists (select from restores r where r.old_database = d.name)
   and not exists (select from moves o where o.source_database = d.name and o.keep_until is not null);

-- When a tenant lived at its new place for good: whatever is said of the move later leads nobody back.
alter table moves add column settled_at timestamptz;

-- Chores that are ordered are looked after every second.
create index chore_tenants_ordered on chore_tenants (tenant_id) where state = 'ordered';

-- When the pieces of an import that is over were removed from the exchange. One that is awaited is over before its pieces are looked for.
alter table imports add column tidied_at timestamptz;
update imports i set tidied_at = coalesce(i.finished_at, i.created_at)
 where i.state in ('done', 'failed', 'expired') and not exists (select from import_pieces p where p.import_id = i.id);
create index imports_untidied on imports (expires_at) where tidied_at is null;
