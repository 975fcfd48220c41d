//! Hotels as they come, and what becomes of them: by the dice of Postgres, which fall the same in every run.
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use tokio_postgres::Client;

/// The day on which all of this begins.
pub(super) const TODAY: Date = date(2026, 7, 3);

/// Dice that fall the same in every run.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number from 0 up to, not including, `sides`.
    pub(super) fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// One of some.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.throw(from.len() as u64)).unwrap()]
    }

    /// The two days of a stay: mostly soon and short, sometimes in the past, at the end of what is sold, or too long.
    pub(super) fn stay(&mut self) -> (Date, Date) {
        let after = match self.throw(12) {
            0 => self.whole(6) - 3,
            1 => self.whole(40) + 1_070,
            _ => self.whole(230),
        };
        let nights = match self.throw(8) {
            0 => self.whole(4) + 28,
            1 => self.whole(365) + 1,
            _ => self.whole(14) + 1,
        };
        let arrival = TODAY + after.days();
        (arrival, arrival + nights.days())
    }

    fn whole(&mut self, sides: u64) -> i64 {
        i64::try_from(self.throw(sides)).unwrap()
    }
}

/// Empties a hotel and builds another in it: some types and plans, with gaps in counters and prices.
pub(super) async fn build(db: &Client, seed: u64) {
    let seed = f64::from(u32::try_from(seed).unwrap()) / 1_000.0;
    db.query("select setseed($1)", &[&seed]).await.unwrap();
    db.batch_execute(BUILD).await.unwrap();
}

const BUILD: &str = "
    begin;
    delete from rate_days;
    delete from inventory_days;
    delete from rooms;
    delete from rate_plans;
    delete from room_types;
    update properties set business_date = '2026-07-03', service_bp = floor(random() * 1100), pb1_bp = floor(random() * 2000),
           pb1_base_includes_service = random() < 0.5, prices_include_tax = random() < 0.5;
    insert into room_types (id, property_id, code, name, description, max_adults, max_children, sort, created_at, updated_at)
    select gen_random_uuid(), p.id, chr(65 + (random() * 50)::int) || i, 'Tipe ' || i, 'Kamar \"' || i || '\", pantai',
           1 + (random() * 3)::int, (random() * 3)::int, (random() * 2)::int, now(), now()
      from properties p, generate_series(1, (random() * 4)::int) i;
    insert into rate_plans (id, property_id, code, name, breakfast, free_cancellation_days, public, sort, created_at, updated_at)
    select gen_random_uuid(), p.id, chr(65 + (random() * 50)::int) || i, 'Harga ' || i, random() < 0.5, (random() * 9)::int,
           random() < 0.7, (random() * 2)::int, now(), now()
      from properties p, generate_series(1, (random() * 4)::int) i;
    insert into rooms (id, room_type_id, property_id, number, service, created_at, updated_at)
    select gen_random_uuid(), t.id, t.property_id, t.code || i, case when random() < 0.2 then 'ooo' else 'ok' end, now(), now()
      from room_types t, generate_series(1, 5) i
     where random() < 0.7;
    insert into inventory_days (room_type_id, day, physical, out_of_order, sold, held)
    select t.id, d, 9, (random() * 2)::int, (random() * 4)::int, (random() * 2)::int
      from room_types t, generate_series('2026-06-25'::date, '2027-02-01', interval '1 day') d
     where random() < 0.995;
    insert into rate_days (rate_plan_id, room_type_id, day, price_idr, closed, min_nights)
    select r.id, t.id, d, (random() * 1000000000)::int, random() < 0.01, 1 + floor(random() ^ 20 * 30)::int
      from room_types t, rate_plans r, generate_series('2026-06-25'::date, '2027-03-01', interval '1 day') d
     where random() < 0.995 and t.sort + r.sort < 4;
    commit";

/// What may happen to a hotel between two searches.
pub(super) const CHANGES: &[&str] = &[
    "update inventory_days set sold = (random() * 5)::int, held = (random() * 2)::int where random() < 0.1",
    "update inventory_days set sold = physical - out_of_order - held
      where day between '2026-08-01'::date + (random() * 99)::int and '2026-08-05'::date + (random() * 99)::int",
    "delete from inventory_days where random() < 0.01",
    "insert into inventory_days (room_type_id, day, physical)
     select t.id, '2026-07-01'::date + (random() * 300)::int, 9 from room_types t on conflict do nothing",
    "update rate_days set price_idr = (random() * 1000000)::int where random() < 0.1",
    "update rate_days set closed = not closed where random() < 0.02",
    "update rate_days set closed = false, min_nights = 1 + (random() * 4)::int where random() < 0.1",
    "delete from rate_days where random() < 0.01",
    "insert into rate_days (rate_plan_id, room_type_id, day, price_idr)
     select r.id, t.id, d, 7 from rate_plans r, room_types t, generate_series('2026-07-20'::date, '2026-08-20', '1 day') d
         on conflict (rate_plan_id, room_type_id, day) do update set price_idr = 8",
    "update room_types set max_adults = 1 + (random() * 3)::int, sort = (random() * 3)::int, name = name || '+'",
    "insert into room_types (id, property_id, code, name, created_at, updated_at)
     select gen_random_uuid(), id, 'N' || (random() * 999999)::int, 'Baru', now(), now() from properties",
    "update rate_plans set public = not public where random() < 0.5",
    "update rate_plans set archived = not archived where random() < 0.3",
    "update room_types set archived = not archived where random() < 0.3",
    "update rate_plans set version = version + 1, updated_at = now()",
    "update rate_plans set sort = (random() * 3)::int, breakfast = not breakfast, free_cancellation_days = 3",
    "delete from rooms where random() < 0.1",
    "update rooms set service = case when random() < 0.5 then 'ooo' else 'ok' end",
    "update rooms set room_type_id = (select id from room_types order by random() limit 1) where random() < 0.2",
    "update rooms set housekeeping = 'dirty'",
    "update properties set service_bp = floor(random() * 1100), prices_include_tax = not prices_include_tax",
    "update properties set business_date = '2026-07-03'::date + (random() * 4)::int",
    "begin; update rate_days set price_idr = price_idr / 2; update inventory_days set sold = 0; update room_types set sort = 1; commit",
    "begin; update inventory_days set sold = 0; update rate_days set closed = true; rollback",
    "begin; savepoint s; update inventory_days set held = 0; rollback to s; update inventory_days set held = 1 where sold < 3; commit",
    "begin; update inventory_days set held = 0 where random() < 0.2; set constraints all immediate;
     update inventory_days set held = 2 where sold < 3 and held = 0; commit",
];
