//! What happens to hotels while they are visited: suspended, gone and back, told to be where another lives, moved to another database.
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_protocol::{Change, Placement, Route, TenantStatus};
use hotelhub_testkit::fresh_quarters;
use hotelhub_tests::{Connection, Reply};
use tokio_postgres::Client;

use crate::books;
use crate::dice::Dice;
use crate::guesthouse::{Guesthouse, Standing, lock};
use crate::run::Run;
use crate::sign::Sign;
use crate::town::Town;
use crate::visit::Visit;
use crate::visits::booking;

/// The hand of the seed that decides.
const HAND: u64 = 2_000_001;

/// Numbers of guests who write slowly; no visit has them.
const SLOW_GUESTS: u64 = 1_000_000_000;

/// Long enough for a request whose head is there to be known by its owner's session.
const RECOGNISED: Duration = Duration::from_millis(120);

/// Takes one hotel after the other through something until the run is over.
pub(crate) async fn lead(run: Arc<Run>) -> Result<()> {
    let dice = Dice::of(run.seed, HAND);
    let admin = run.town.admin().await?;
    let mut guest = SLOW_GUESTS;
    while run.goes_on() {
        run.after(20 + u64::from(dice.below(40))).await;
        let place = dice.place_in(run.town.hotels.len());
        let Some(hotel) = run.town.hotels.get(place) else { continue };
        guest += 1;
        match dice.below(10) {
            0..3 => suspend(&run, hotel, &dice).await?,
            3..6 => stray(&run, hotel, place, &dice).await?,
            6..9 => leave_and_return(&run, hotel, guest, &dice).await?,
            _ => relocate(&run, &admin, alone_from(&run, place).unwrap_or(hotel), guest, &dice).await?,
        }
    }
    Ok(())
}

async fn suspend(run: &Run, hotel: &Guesthouse, dice: &Dice) -> Result<()> {
    run.count("suspended");
    let route = hotel.route();
    hotel.turn(Standing::Away);
    tell(&run.town, Route { status: TenantStatus::Suspended, ..route.clone() })?;
    hotel.turn(Standing::Suspended);
    tokio::time::sleep(dice.millis(50, 250)).await;
    hotel.turn(Standing::Away);
    tell(&run.town, route)?;
    hotel.turn(Standing::Served);
    Ok(())
}

/// The routing table is wrong for a while: it says that a hotel is where another lives.
async fn stray(run: &Run, hotel: &Guesthouse, place: usize, dice: &Dice) -> Result<()> {
    run.count("led astray");
    let hotels = &run.town.hotels;
    let other = &hotels[(place + 1 + dice.place_in(hotels.len() - 1)) % hotels.len()];
    let (route, theirs) = (hotel.route(), other.route().placement);
    let generation = route.placement.generation + 1;
    hotel.turn(Standing::Away);
    tell(&run.town, Route { placement: Placement { generation, ..theirs }, ..route.clone() })?;
    tokio::time::sleep(dice.millis(50, 200)).await;
    settle(&run.town, hotel, Placement { generation: generation + 1, ..route.placement })
}

/// A hotel leaves, and comes back. Who had begun to book before it left is not told that a room is booked while it was away.
async fn leave_and_return(run: &Run, hotel: &Guesthouse, guest: u64, dice: &Dice) -> Result<()> {
    run.count("gone");
    let slow = Slow::begin(run, hotel, guest, dice).await?;
    hotel.turn(Standing::Away);
    run.town.tell(Change::Gone { tenant: hotel.tenant })?;
    hotel.turn(Standing::Gone);
    let (_, reply) = slow.finish().await?;
    let told = || format!("a hotel that is gone took a booking: {}", String::from_utf8_lossy(&reply.body));
    Sign::Late.unless(reply.status >= 300, told)?;
    tokio::time::sleep(dice.millis(20, 150)).await;
    hotel.turn(Standing::Away);
    let placement = hotel.route().placement;
    settle(&run.town, hotel, Placement { generation: placement.generation + 1, ..placement })
}

/// The next hotel whose database is its own: one is moved as a whole, and so is none that others share.
fn alone_from(run: &Run, place: usize) -> Option<&Guesthouse> {
    let (before, after) = run.town.hotels.split_at(place);
    after.iter().chain(before).find(|hotel| hotel.route().placement.schema.is_none())
}

/// A hotel's data moves to another database. The old one stands open behind it: who still writes there is lost.
async fn relocate(run: &Run, admin: &Client, hotel: &Guesthouse, guest: u64, dice: &Dice) -> Result<()> {
    run.count("moved");
    let slow = Slow::begin(run, hotel, guest, dice).await?;
    let before = hotel.route().placement;
    let after = Placement { database: fresh_quarters(None), generation: before.generation + 1, ..before.clone() };
    hotel.turn(Standing::Away);
    copy(admin, &before.database, &after).await?;
    settle(&run.town, hotel, after)?;
    admin.batch_execute(&format!("alter database {} with allow_connections true", before.database)).await?;
    let (visit, reply) = slow.finish().await?;
    visit.judge(hotel, hotel.now(), &reply, dice, &run.owners)?;
    books::look_into(run, hotel).await?;
    admin.batch_execute(&format!("drop database {} with (force)", before.database)).await?;
    Ok(())
}

/// Nobody is in the old database while it is copied, and nobody comes in.
async fn copy(admin: &Client, from: &str, to: &Placement) -> Result<()> {
    let Placement { database, role, .. } = to;
    admin.batch_execute(&format!("alter database {from} with allow_connections false")).await?;
    let leave = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
    admin.query(leave, &[&from]).await?;
    admin.batch_execute(&format!("create database {database} template {from} strategy wal_log")).await?;
    let rights =
        format!("revoke all on database {database} from public; grant connect on database {database} to {role}");
    Ok(admin.batch_execute(&rights).await?)
}

/// From now on the hotel is here, and served.
fn settle(town: &Town, hotel: &Guesthouse, placement: Placement) -> Result<()> {
    let route = Route { placement, ..hotel.route() };
    tell(town, route.clone())?;
    *lock(&hotel.route) = route;
    hotel.turn(Standing::Served);
    Ok(())
}

fn tell(town: &Town, route: Route) -> Result<()> {
    town.tell(Change::Route(Box::new(route)))
}

/// A clerk who has begun to book: the node knows for whom, and waits for the rest.
struct Slow {
    line: Connection,
    visit: Visit,
}

/// How much of a booking a slow clerk keeps back, in bytes.
const KEPT_BACK: usize = 8;

impl Slow {
    async fn begin(run: &Run, hotel: &Guesthouse, guest: u64, dice: &Dice) -> Result<Self> {
        let visit = booking(hotel, guest, dice);
        let mut line = Connection::open(run.town.port).await?;
        line.say(visit.request.split_at(visit.request.len() - KEPT_BACK).0).await?;
        tokio::time::sleep(RECOGNISED).await;
        Ok(Self { line, visit })
    }

    /// The visit as it was meant, and what was answered.
    async fn finish(mut self) -> Result<(Visit, Reply)> {
        let rest = self.visit.request.split_at(self.visit.request.len() - KEPT_BACK).1;
        let answered = tokio::time::timeout(Duration::from_secs(30), self.line.send(rest));
        let reply = answered.await.context("a slow clerk is never answered")??;
        Ok((self.visit, reply))
    }
}
