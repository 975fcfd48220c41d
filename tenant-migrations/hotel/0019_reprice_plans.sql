-- expand
-- Whoever sets prices counts the version of their plan up. A search reads the prices anew then, and not the house: of a plan that is
-- changed only what it says counts.
drop trigger rate_plan_changes_availability on rate_plans;
create constraint trigger rate_plan_adds_to_availability after insert or delete on rate_plans
    deferrable initially deferred for each row when (is_first_change('house'))
    execute function draw_availability_token('house');
create constraint trigger rate_plan_changes_availability after update on rate_plans
    deferrable initially deferred for each row
    when (to_jsonb(old) - '{version,updated_at}'::text[] is distinct from to_jsonb(new) - '{version,updated_at}'::text[]
          and is_first_change('house'))
    execute function draw_availability_token('house');
