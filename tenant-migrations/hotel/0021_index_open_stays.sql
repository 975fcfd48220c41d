-- expand
-- Stays that are not over, of all there ever were: each night audit counts them, and a type or a plan that one has booked is not archived.
create index reservations_open on reservations (room_type_id, rate_plan_id)
    where status in ('hold', 'confirmed', 'in_house');
