//! What the databases themselves say: no half of a change, no acknowledged booking lost, nobody else's row, no letter in wrong hands.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use hotelhub_tests::patiently;
use tokio_postgres::SimpleQueryMessage;

use crate::dice::Dice;
use crate::guesthouse::{Guesthouse, Standing, lock};
use crate::owners::mark;
use crate::run::Run;
use crate::sign::Sign;
use crate::visitor::opened;
use crate::visits::{INHERITED, list_rooms, visit_hotel};

/// An answer is kept in the transaction of its change: a key without one is half a change.
const HALVES: &str = "select count(*) from idempotency_keys where status is null";

const LOST: &str = "select count(*) from unnest($1::uuid[]) as told (id) where not exists (select from bookings b where b.id = told.id)";

/// Nights of a room type that are counted as taken, or promised by so many reservations, where the two differ.
const MISCOUNTED: &str = "
    select count(*)
      from (select room_type_id, day, sold + held as taken from inventory_days where sold + held > 0) counted
      full join (select n.room_type_id, n.day, count(*) as taken
                   from reservation_nights n
                   join reservations r on r.id = n.reservation_id
                  where r.status in ('hold', 'confirmed', 'in_house', 'checked_out')
                  group by n.room_type_id, n.day) booked using (room_type_id, day)
     where counted.taken is distinct from booked.taken";

const TABLES: &str = "select table_name::text from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'";

/// The hand of the seed that looks in at the end.
const HAND: u64 = 3_000_001;

/// Seconds after which a hotel is served again, whatever befell it, also where a machine is slow: a fuse may stay blown for ten.
const SETTLED: u64 = 60;

/// How often in a row a hotel must be served then. Where it is not, as when a busy machine did not end a statement in time, the row begins anew.
const SERVED: usize = 20;

/// Looks into one hotel after the other until the run is over.
pub(crate) async fn keep_looking(run: Arc<Run>) -> Result<()> {
    while run.goes_on() {
        for hotel in &run.town.hotels {
            if !run.goes_on() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
            let before = hotel.now();
            let looked = look_into(&run, hotel).await;
            // One that is just being moved lets nobody in.
            if hotel.now() == before && before.standing() != Standing::Away {
                looked?;
            }
        }
        read_letters(&run)?;
    }
    Ok(())
}

/// Looks into all hotels once it has become quiet. Each is served again.
pub(crate) async fn close(run: &Run) -> Result<()> {
    for hotel in &run.town.hotels {
        is_served(run, hotel).await?;
        look_into(run, hotel).await?;
        read_every_row(run, hotel).await?;
    }
    read_letters(run)
}

/// Its guests and its owner are answered, and go on to be.
async fn is_served(run: &Run, hotel: &Guesthouse) -> Result<()> {
    let visits = [visit_hotel(hotel), list_rooms(hotel)];
    let dice = Dice::of(run.seed, HAND);
    let mut last = String::new();
    let served = patiently(SETTLED, "it is served", async || {
        let mut line = opened(run, &dice).await?;
        for visit in visits.iter().cycle().take(SERVED) {
            let reply = line.send(&visit.request).await?;
            visit.judge(hotel, hotel.now(), &reply, &dice, &run.owners)?;
            if reply.status != 200 {
                last = format!("{} at {}: {}", visit.name, hotel.mark, reply.status);
                return Ok(None);
            }
        }
        Ok(Some(()))
    });
    match served.await {
        Err(error) if error.downcast_ref::<Sign>().is_none() => Err(error.context(last).context(Sign::Failure)),
        outcome => outcome,
    }
}

/// What can be said of a hotel's books at any time.
pub(crate) async fn look_into(run: &Run, hotel: &Guesthouse) -> Result<()> {
    let told = hotel.acknowledged();
    let inside = run.town.inside(hotel).await?;
    let halves: i64 = inside.query_one(HALVES, &[]).await?.get(0);
    Sign::Half.unless(halves == 0, || format!("{halves} changes of {} were committed in half", hotel.mark))?;
    let lost: i64 = inside.query_one(LOST, &[&told]).await?.get(0);
    let missing = || format!("{lost} of {} acknowledged bookings of {} are not there", told.len(), hotel.mark);
    Sign::Lost.unless(lost == 0, missing)?;
    let miscounted: i64 = inside.query_one(MISCOUNTED, &[]).await?.get(0);
    Sign::Miscounted.unless(miscounted == 0, || format!("of {miscounted} nights of {}", hotel.mark))
}

/// Every value of every table.
async fn read_every_row(run: &Run, hotel: &Guesthouse) -> Result<()> {
    let inside = run.town.inside(hotel).await?;
    for table in inside.query(TABLES, &[]).await? {
        let table: String = table.get(0);
        // What was planted there is another's on purpose.
        let sql = format!("select t::text from {table} t where to_jsonb(t)->>'key' is distinct from '{INHERITED}'");
        for message in inside.simple_query(&sql).await? {
            if let SimpleQueryMessage::Row(row) = message {
                let row = row.get(0).unwrap_or_default().as_bytes();
                run.owners.look(&hotel.mark, row, None, || format!("in {table} of {}", hotel.mark))?;
            }
        }
    }
    Ok(())
}

/// Each letter speaks of the hotel whose guest it went to. Those that were read are not read again.
fn read_letters(run: &Run) -> Result<()> {
    let mut read = lock(&run.letters);
    let before = *read;
    for letter in run.town.mail.inbox.mails(None).into_iter().filter(|letter| letter.id > before) {
        let to = letter.to.join(" ");
        let own = (0..run.town.hotels.len()).map(mark).find(|mark| to.contains(mark));
        let Some(own) = own else { bail!("a letter to {to}, who is no hotel's guest") };
        let said = [&letter.subject, &letter.text, &letter.html].map(String::as_str).join("\n");
        run.owners.look(&own, said.as_bytes(), None, || format!("in a letter to {to}"))?;
        run.count("letters");
        *read = letter.id;
    }
    Ok(())
}
