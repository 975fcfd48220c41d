//! What must not be found in a hotel's tables, at no instant: each with the sentence it is told in.

/// A rule that several tables keep together.
pub(crate) struct Rule {
    /// What is told, behind how many there are.
    pub(crate) broken: &'static str,
    /// Counts what breaks it.
    pub(crate) count: &'static str,
}

/// Every rule.
pub(crate) const RULES: &[Rule] = &[
    Rule { broken: "nights of a room type are counted otherwise than reservations have them", count: MISCOUNTED },
    Rule { broken: "folios are closed and not settled", count: UNSETTLED },
    Rule { broken: "changes were kept in half", count: HALVES },
];

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[MISCOUNTED, UNSETTLED, HALVES];

const MISCOUNTED: &str = "
    select count(*)
      from (select room_type_id, day, sold, held from inventory_days where sold > 0 or held > 0) counted
      full join (select n.room_type_id, n.day, count(*) filter (where r.status <> 'hold') as sold,
                        count(*) filter (where r.status = 'hold') as held
                   from reservation_nights n
                   join reservations r on r.id = n.reservation_id
                  where r.status in ('hold', 'confirmed', 'in_house', 'checked_out')
                  group by n.room_type_id, n.day) booked using (room_type_id, day)
     where (counted.sold, counted.held) is distinct from (booked.sold, booked.held)";

const UNSETTLED: &str = "
    select count(*) from folios f
     where f.status = 'closed'
       and (select coalesce(sum(gross_idr), 0) from folio_lines where folio_id = f.id)
           <> (select coalesce(sum(amount_idr), 0) from payments where folio_id = f.id)";

/// An answer is kept in the transaction of its change: a key without one is half a change.
const HALVES: &str = "select count(*) from idempotency_keys where status is null";
