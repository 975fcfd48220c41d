//! What the databases themselves say: no half of a change, no acknowledged booking lost, nobody else's row, no letter in wrong hands.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio_postgres::SimpleQueryMessage;

use crate::guesthouse::{Guesthouse, Standing};
use crate::owners::mark;
use crate::run::Run;

/// An answer is kept in the transaction of its change: a key without one is half a change.
const HALVES: &str = "select count(*) from idempotency_keys where status is null";

const LOST: &str = "select count(*) from unnest($1::uuid[]) as told (id) where not exists (select from bookings b where b.id = told.id)";

/// Counted nights are those that were booked.
const MISCOUNTED: &str = "
    select (select coalesce(sum(sold + held), 0) from inventory_days)
           - (select count(*)
                from reservation_nights n
                join reservations r on r.id = n.reservation_id
               where r.status in ('hold', 'confirmed', 'in_house', 'checked_out'))";

const TABLES: &str = "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";

/// Looks into one hotel after the other until the run is over.
pub(crate) async fn keep_looking(run: Arc<Run>) -> Result<()> {
    let mut letters = 0;
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
        letters = read_letters(&run, letters)?;
    }
    Ok(())
}

/// Looks into all hotels once it has become quiet.
pub(crate) async fn close(run: &Run) -> Result<()> {
    for hotel in &run.town.hotels {
        look_into(run, hotel).await?;
        read_every_row(run, hotel).await?;
    }
    read_letters(run, 0)?;
    Ok(())
}

/// What can be said of a hotel's books at any time.
pub(crate) async fn look_into(run: &Run, hotel: &Guesthouse) -> Result<()> {
    let told = hotel.acknowledged();
    let inside = run.town.inside(hotel).await?;
    let halves: i64 = inside.query_one(HALVES, &[]).await?.get(0);
    ensure!(halves == 0, "{halves} changes of {} were committed in half", hotel.mark);
    let lost: i64 = inside.query_one(LOST, &[&told]).await?.get(0);
    ensure!(lost == 0, "{lost} of {} acknowledged bookings of {} are not there", told.len(), hotel.mark);
    let miscounted: i64 = inside.query_one(MISCOUNTED, &[]).await?.get(0);
    ensure!(miscounted == 0, "{miscounted} nights of {} are counted and not booked", hotel.mark);
    Ok(())
}

/// Every value of every table.
async fn read_every_row(run: &Run, hotel: &Guesthouse) -> Result<()> {
    let inside = run.town.inside(hotel).await?;
    for table in inside.query(TABLES, &[]).await? {
        let table: String = table.get(0);
        // What was planted there is another's on purpose.
        let sql = format!(
            "select t::text from {table} t where to_jsonb(t)->>'key' is distinct from '{}'",
            crate::visits::INHERITED
        );
        for message in inside.simple_query(&sql).await? {
            if let SimpleQueryMessage::Row(row) = message
                && let Some(foreign) = run.owners.foreign(&hotel.mark, row.get(0).unwrap_or_default().as_bytes(), None)
            {
                anyhow::bail!("another hotel's in {table} of {}: …{foreign}…", hotel.mark);
            }
        }
    }
    Ok(())
}

/// Each letter speaks of the hotel whose guest it went to. The number of the last that was read.
fn read_letters(run: &Run, after: u64) -> Result<u64> {
    let mut last = after;
    for letter in run.town.mail.inbox.mails(None).into_iter().filter(|letter| letter.id > after) {
        let to = letter.to.join(" ");
        let own = (0..run.town.hotels.len()).map(mark).find(|mark| to.contains(mark));
        let Some(own) = own else { anyhow::bail!("a letter to {to}, who is no hotel's guest") };
        let said = [&letter.subject, &letter.text, &letter.html].map(String::as_str).join("\n");
        if let Some(foreign) = run.owners.foreign(&own, said.as_bytes(), None) {
            anyhow::bail!("another hotel's in a letter to {to}: …{foreign}…");
        }
        run.count("letters");
        last = letter.id;
    }
    Ok(last)
}
