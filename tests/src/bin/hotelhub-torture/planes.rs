//! Two nodes whose control plane has lost its database, then is frozen, then dead, while guests and clerks of several hotels go on asking and
//! one node after the other is stopped and started again.
//!
//! A node is taken out of the balance, then told to stop: what it was asked before it has to answer. A request that a node which is out
//! had not taken (no connection, or closed before a word came) is sent once more, to the other node, under the same key; that is counted
//! as `again`, and may be a few for each restart. Whatever is answered with another status than the one it should have, or not at all,
//! has failed.
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Answered, Balance, Beside, Hotel, House, Programs, Settings, Stock, get, signal, until_served};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

/// Hotels that are asked.
const HOTELS: [&str; 4] = ["melati", "kenanga", "mawar", "anggrek"];

/// Between two requests of one hotel: 80 a second in all.
const PACE: Duration = Duration::from_millis(50);

/// One request of so many is a booking.
const BOOKING_EACH: u64 = 40;

/// Requests a node may leave to the other each time it goes: those that were on their way to it.
const AGAIN_EACH: u64 = 4;

/// A node starts again this often, in turns.
const RESTART_EVERY: Duration = Duration::from_secs(120);

/// How long, and on what.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Wish {
    /// Where logs and state go.
    #[arg(long)]
    dir: PathBuf,
    /// Where the programs lie.
    #[arg(long)]
    programs: PathBuf,
    /// The superuser of a Postgres server.
    #[arg(long, env = "HOTELHUB_TEST_POSTGRES", hide_env_values = true)]
    admin_dsn: String,
    /// A Redis server.
    #[arg(long, env = "HOTELHUB_TEST_REDIS", hide_env_values = true)]
    redis_url: String,
    /// For how long, in minutes.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=360))]
    minutes: u64,
}

/// How the control plane is away.
#[derive(Clone, Copy, Debug)]
enum Absence {
    /// A process that cannot enter its database.
    WithoutDatabase,
    /// A process that takes connections and never answers.
    Frozen,
    /// No process.
    Dead,
}

/// What was counted.
#[derive(Debug, Default)]
struct Tally {
    asked: AtomicU64,
    booked: AtomicU64,
    again: AtomicU64,
    failed: AtomicU64,
}

/// Tortures; fails when a single request failed.
pub(crate) async fn run(wish: Wish) -> Result<()> {
    let (mut house, hotels) = house(&wish).await?;
    let mut second = house.another_node("node-2", "serve").await?;
    house.until_granted("node-2").await?;
    for (hotel, _) in &hotels {
        until_served(second.ports[0], &hotel.host).await?;
    }
    let balance = Balance::over([house.node_port(), second.ports[0]]);
    let tally = Arc::new(Tally::default());
    let over = Arc::new(AtomicBool::new(false));
    let mut asking = JoinSet::new();
    for (hotel, stock) in hotels {
        asking.spawn(ask_on_and_on(hotel, stock, over.clone(), balance.clone(), tally.clone()));
    }
    let restarts = disturb(&mut house, &mut second, wish.minutes, &balance, &tally).await?;
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = asking.join_next().await {
        ended?;
    }
    second.process.stop().await?;
    house.node.stop().await?;
    println!("{} min without a control plane, {restarts} restarts of a node, {}", wish.minutes, tally.told());
    ensure!(tally.failed.load(Ordering::Relaxed) == 0, "requests failed");
    let again = tally.again.load(Ordering::Relaxed);
    ensure!(again <= AGAIN_EACH * u64::try_from(restarts)?, "{again} requests were not taken by a node that went");
    Ok(())
}

async fn house(wish: &Wish) -> Result<(House, Vec<(Hotel, Stock)>)> {
    let settings = Settings {
        programs: Programs::in_folder(wish.programs.clone()),
        dir: wish.dir.join("house"),
        admin_dsn: wish.admin_dsn.clone(),
        redis_url: Some(wish.redis_url.clone()),
        central: format!("torture_central_{}", std::process::id()),
        budget: 60,
        ready_databases: 4,
    };
    let house = House::start(settings).await?;
    let mut hotels = Vec::new();
    for slug in HOTELS {
        let hotel = Hotel::open(&house, slug).await?;
        let stock = hotel.furnish(&[42]).await?;
        hotels.push((hotel, stock));
    }
    Ok((house, hotels))
}

/// Has the control plane away in one way after the other, never back between, and starts one node after the other again; how often.
async fn disturb(
    house: &mut House,
    second: &mut Beside,
    minutes: u64,
    balance: &Balance,
    tally: &Tally,
) -> Result<usize> {
    let third = Duration::from_secs(minutes * 20);
    let pause = RESTART_EVERY.min(third / 3);
    let mut restarts = 0;
    for absence in [Absence::WithoutDatabase, Absence::Frozen, Absence::Dead] {
        let until = Instant::now() + third;
        absence.arrange(house).await?;
        println!("the control plane is {absence:?}");
        while until.saturating_duration_since(Instant::now()) > pause {
            sleep(pause).await;
            balance.take_out(restarts % 2);
            if restarts % 2 == 0 {
                house.node.stop().await?;
                house.restart_node().await?;
            } else {
                second.process.stop().await?;
                house.restart_beside(second).await?;
            }
            balance.put_back();
            restarts += 1;
            println!("{restarts} restarts; {}", tally.told());
        }
        sleep(until.saturating_duration_since(Instant::now())).await;
    }
    Ok(restarts)
}

impl Absence {
    async fn arrange(self, house: &mut House) -> Result<()> {
        match self {
            Self::WithoutDatabase => house.close_central().await,
            Self::Frozen => signal(house.control.id().context("no control plane")?, "STOP").await,
            Self::Dead => house.control.kill().await,
        }
    }
}

impl Tally {
    fn told(&self) -> String {
        let [asked, booked, again, failed] =
            [&self.asked, &self.booked, &self.again, &self.failed].map(|count| count.load(Ordering::Relaxed));
        format!("{asked} requests, {booked} of them bookings: {failed} failed, {again} sent again")
    }
}

/// Asks for one hotel, at a steady pace whether answers come or not.
async fn ask_on_and_on(hotel: Hotel, stock: Stock, over: Arc<AtomicBool>, balance: Balance, tally: Arc<Tally>) {
    let mut pace = interval(PACE);
    let mut asked = JoinSet::new();
    for count in 0.. {
        pace.tick().await;
        if over.load(Ordering::Relaxed) {
            break;
        }
        let (request, wanted) = request(&hotel, &stock, count);
        let (balance, tally, host) = (balance.clone(), tally.clone(), hotel.host.clone());
        asked.spawn(async move {
            tally.asked.fetch_add(1, Ordering::Relaxed);
            tally.booked.fetch_add(u64::from(wanted == 201), Ordering::Relaxed);
            if let Err(error) = ask(&request, wanted, &balance, &tally).await {
                tally.failed.fetch_add(1, Ordering::Relaxed);
                println!("failed: {host}, request {count}: {error:#}");
            }
        });
        while asked.try_join_next().is_some() {}
    }
    while asked.join_next().await.is_some() {}
}

/// What a guest or a clerk asks, and the status it should have.
fn request(hotel: &Hotel, stock: &Stock, count: u64) -> (Vec<u8>, u16) {
    if count % BOOKING_EACH == BOOKING_EACH - 1 {
        let ahead = i32::try_from(count / BOOKING_EACH % 300).unwrap_or(0);
        let booking = stock.booking("Wayan Suarti", stock.room(0, ahead, 1));
        return (hotel.booking(&format!("without-control-{count}"), &booking), 201);
    }
    let request = match count % 4 {
        0 => get(&hotel.host, "/api/v1/public/property", None),
        1 => get(&hotel.host, "/api/v1/rooms", Some(&hotel.cookie)),
        2 => get(&hotel.host, "/book", None),
        _ => get(&hotel.host, "/api/v1/property", Some(&hotel.cookie)),
    };
    (request, 200)
}

async fn ask(request: &[u8], wanted: u16, balance: &Balance, tally: &Tally) -> Result<()> {
    let Answered { reply, again } = balance.caller().ask(request).await?;
    tally.again.fetch_add(u64::from(again), Ordering::Relaxed);
    ensure!(reply.status == wanted, "{} {}", reply.status, String::from_utf8_lossy(&reply.body));
    Ok(())
}
