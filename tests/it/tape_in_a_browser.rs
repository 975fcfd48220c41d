//! The tape chart in a real browser: a stay is dragged, moved by keys, stretched, put back, and refused to who saw it too long ago.
use anyhow::{Context as _, Result, ensure};
use fantoccini::key::Key;
use hotelhub_testkit::env;
use hotelhub_tests::{Hotel, Servers};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::Value;

use crate::alone::Alone;
use crate::browser::{Browser, Driver};

const OWNER: &str = "ratna@melati.example";
const PASSWORD: &str = "kopi pagi di teras";

/// The one stay of the chart.
const STAY: &str = ".stay:not(.ghost)";

/// What takes the last move back.
const UNDO: &str = "#toast button:not([hidden])";

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_follows_the_mouse_and_the_keys() -> Result<()> {
    let dir = env::folder().join("tape");
    let servers = Servers::start(&env::xtask(), &dir, false).await?;
    let mut house = Alone::start(&servers, "tape-alone", &[("HOTELHUB_OWNER_EMAIL", OWNER.to_owned())]).await?;
    let driver = Driver::start(&dir).await?;
    let clerk = driver.open(&dir, "clerk", (1440, 1200)).await?;
    clerk.enter(&house.links().pop().context("no link in the log")?, PASSWORD).await?;
    let chart = Chart::with_one_stay(&house, &clerk).await?;

    clerk.drag(STAY, &chart.room(0)).await?;
    chart.shows(0, 0, 3).await?;
    clerk.drag(STAY, &chart.cell(1, 1)).await?;
    chart.shows(1, 0, 3).await?;
    clerk.click(UNDO).await?;
    chart.shows(0, 0, 3).await?;
    clerk.keys(STAY, &keys(&[Key::Down, Key::Down, Key::Right])).await?;
    chart.shows(2, 1, 4).await?;
    clerk.keys(STAY, "z").await?;
    chart.shows(0, 0, 3).await?;
    clerk.drag(&format!("{STAY} .grip"), &chart.head(4)).await?;
    chart.shows(0, 0, 5).await?;

    house.sql().await?.execute("update reservations set version = version + 1", &[]).await?;
    clerk.drag(STAY, &chart.cell(1, 2)).await?;
    clerk.see("#tape [role=alert]").await?;
    chart.shows(0, 0, 5).await?;
    let said = clerk.complaints().await?;
    ensure!(said.len() == 1 && said[0].contains("412"), "the console tells of one refusal: {said:?}");
    clerk.drag(STAY, &chart.cell(1, 2)).await?;
    chart.shows(1, 0, 5).await?;
    clerk.close().await?;
    driver.stop().await?;
    house.process.stop().await
}

/// Lifts the stay, moves it, puts it down.
fn keys(moves: &[Key]) -> String {
    let moves = moves.iter().copied().chain([Key::Enter]).map(char::from);
    std::iter::once('m').chain(moves).collect()
}

/// The chart of a hotel with three rooms, and the stay on it.
struct Chart<'a> {
    hotel: Hotel,
    clerk: &'a Browser,
    rooms: Vec<String>,
    first: Date,
    stay: String,
}

impl<'a> Chart<'a> {
    /// Three nights from today, in no room yet.
    async fn with_one_stay(house: &Alone, clerk: &'a Browser) -> Result<Self> {
        let hotel = Hotel::by_password(house.port, house.host(), OWNER, PASSWORD).await?;
        let stock = hotel.furnish(&[3]).await?;
        let wish = stock.booking("Wayan Suarti", stock.room(0, 0, 3));
        let booked = hotel.post("/api/v1/bookings", "one-booking", &wish).await?;
        let stay = booked["reservations"][0]["id"].as_str().context("no reservation")?.to_owned();
        clerk.goto(&format!("http://{}/desk/tape", hotel.host)).await?;
        clerk.see(&format!("[data-lane] {STAY}")).await?;
        let rooms = hotel.get("/api/v1/rooms").await?;
        let rooms = rooms["items"].as_array().context("no rooms")?.iter().filter_map(|room| room["id"].as_str());
        let rooms = rooms.map(str::to_owned).collect();
        Ok(Self { hotel, clerk, rooms, first: stock.business_date, stay })
    }

    fn day(&self, ahead: i32) -> Date {
        self.first.saturating_add(ahead.days())
    }

    fn room(&self, room: usize) -> String {
        format!("tr[data-room='{}']", self.rooms[room])
    }

    /// A day of a room that stands empty.
    fn cell(&self, room: usize, ahead: usize) -> String {
        format!("{} td:nth-of-type({})", self.room(room), ahead + 1)
    }

    /// The head of a day's column.
    fn head(&self, ahead: i32) -> String {
        format!("thead th[data-date='{}']", self.day(ahead))
    }

    /// Waits until the stay lies in this room on these days, then asks the hotel whether it does.
    async fn shows(&self, room: usize, arrival: i32, departure: i32) -> Result<()> {
        let (arrival, departure) = (self.day(arrival), self.day(departure));
        let place = format!("{} {STAY}[data-arrival='{arrival}'][data-departure='{departure}']", self.room(room));
        self.clerk.see(&place).await?;
        let stay: Value = self.hotel.get(&format!("/api/v1/reservations/{}", self.stay)).await?;
        let told = (&stay["room"]["id"], &stay["arrival"], &stay["departure"]);
        let (arrival, departure) = (arrival.to_string(), departure.to_string());
        ensure!(told == (&self.rooms[room].clone().into(), &arrival.into(), &departure.into()), "{stay}");
        Ok(())
    }
}
