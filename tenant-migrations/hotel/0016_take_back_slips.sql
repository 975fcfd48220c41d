-- expand
-- The business date of the check-out: it is taken back on that day only.
alter table reservations add column checked_out_on date;

-- What the sheet of a reservation says beside 0014: which slips of the hotel's own day can still be taken back.
create or replace view reservation_sheets as
select r.id, r.booking_id, b.code, b.source, r.status, r.arrival, r.departure, r.adults, r.children, r.notes, r.hold_until,
       r.version, r.created_at,
       r.room_type_id, t.code as room_type_code, t.name as room_type_name,
       r.rate_plan_id, p.code as rate_plan_code, p.name as rate_plan_name,
       r.guest_id, g.name as guest_name, g.email as guest_email, g.phone as guest_phone,
       a.room_id, a.room_number,
       n.days, n.prices,
       f.id as folio_id, coalesce(f.balance_idr, 0)::bigint as balance_idr,
       h.business_date, h.service_bp, h.pb1_bp, h.pb1_base_includes_service, h.prices_include_tax,
       coalesce(r.status = 'in_house' and r.checked_in_on = h.business_date, false)
         and not exists (select from folio_lines l
                          where l.folio_id = f.id and l.reverses_id is null
                            and not exists (select from folio_lines o where o.reverses_id = l.id))
         and not exists (select from payments l
                          where l.folio_id = f.id and l.reverses_id is null
                            and not exists (select from payments o where o.reverses_id = l.id)) as check_in_is_fresh,
       coalesce(r.status = 'checked_out' and r.checked_out_on = h.business_date, false) as check_out_is_fresh
  from reservations r
  join bookings b on b.id = r.booking_id
  join properties h on h.id = r.property_id
  join room_types t on t.id = r.room_type_id
  join rate_plans p on p.id = r.rate_plan_id
  join guests g on g.id = r.guest_id
  left join lateral (
       select m.id as room_id, m.number as room_number
         from room_assignments x
         join rooms m on m.id = x.room_id
        where x.reservation_id = r.id and x.active
        order by x.period @> h.business_date desc, upper(x.period) desc
        limit 1) a on true
  left join lateral (
       select array_agg(day order by day) as days, array_agg(price_idr order by day) as prices
         from reservation_nights
        where reservation_id = r.id) n on true
  left join lateral (
       select o.id,
              (select coalesce(sum(gross_idr), 0) from folio_lines where folio_id = o.id)
              - (select coalesce(sum(amount_idr), 0) from payments where folio_id = o.id) as balance_idr
         from folios o
        where o.reservation_id = r.id
        limit 1) f on true;
