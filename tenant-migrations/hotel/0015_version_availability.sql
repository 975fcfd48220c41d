-- expand
-- Which state of the house a search saw: one row with a token for each part that a search reads. A token is drawn anew in every transaction
-- that changes its part and never comes again: equal tokens mean equal parts, also after a restore or a move.
create table availability_version (
    only_row boolean primary key default true constraint availability_version_has_one_row check (only_row),
    -- The property's day and taxes, its room types, rooms and rate plans.
    house uuid not null default gen_random_uuid(),
    -- The counters of the nights.
    nights uuid not null default gen_random_uuid(),
    -- The prices of the nights.
    prices uuid not null default gen_random_uuid()
);
insert into availability_version default values;

-- Whether this is the first change of a part in this transaction. Whoever asks has marked it; a savepoint rolled back takes the mark with it.
create function is_first_change(part text) returns boolean language plpgsql as $$
declare
    mark constant text := 'hotelhub.changed_' || part;
    transaction constant text := pg_current_xact_id()::text;
begin
    if current_setting(mark, true) is not distinct from transaction then
        return false;
    end if;
    perform set_config(mark, transaction, true);
    return true;
end $$;

-- Draws a part's token anew. It runs at the commit of the transaction, so that the row is locked no longer than that takes, and whoever
-- holds it waits for nobody.
create function draw_availability_token() returns trigger language plpgsql as $$
begin
    case tg_argv[0]
        when 'house' then update availability_version set house = gen_random_uuid() where only_row;
        when 'nights' then update availability_version set nights = gen_random_uuid() where only_row;
        when 'prices' then update availability_version set prices = gen_random_uuid() where only_row;
    end case;
    return null;
end $$;

create constraint trigger property_changes_availability after insert or update or delete on properties
    deferrable initially deferred for each row when (is_first_change('house'))
    execute function draw_availability_token('house');
create constraint trigger room_type_changes_availability after insert or update or delete on room_types
    deferrable initially deferred for each row when (is_first_change('house'))
    execute function draw_availability_token('house');
create constraint trigger rate_plan_changes_availability after insert or update or delete on rate_plans
    deferrable initially deferred for each row when (is_first_change('house'))
    execute function draw_availability_token('house');
create constraint trigger room_adds_to_availability after insert or delete on rooms
    deferrable initially deferred for each row when (is_first_change('house'))
    execute function draw_availability_token('house');
-- Rooms are cleaned all day long: only what is counted matters.
create constraint trigger room_changes_availability after update on rooms
    deferrable initially deferred for each row
    when ((old.room_type_id, old.service) is distinct from (new.room_type_id, new.service) and is_first_change('house'))
    execute function draw_availability_token('house');
create constraint trigger night_changes_availability after insert or update or delete on inventory_days
    deferrable initially deferred for each row when (is_first_change('nights'))
    execute function draw_availability_token('nights');
create constraint trigger price_changes_availability after insert or update or delete on rate_days
    deferrable initially deferred for each row when (is_first_change('prices'))
    execute function draw_availability_token('prices');
