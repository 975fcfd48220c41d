//! Availability of a 42-room hotel for 14 nights, over HTTP, while rooms are being booked.
use std::time::Duration;

use anyhow::Result;
use jiff::ToSpan as _;
use tokio::time::{MissedTickBehavior, interval};

use crate::compare::percentile;
use crate::load::latencies;
use crate::report::Figure;
use hotelhub_tests::{Hotel, Stock, get};

/// Connections at once.
const CLIENTS: usize = 32;

/// Searches per connection.
const SEARCHES: usize = 1_500;

/// Different searches: each its own arrival and party.
const STAYS: i32 = 60;

/// How often somebody books a room.
const BOOKING_EVERY: Duration = Duration::from_millis(200);

/// The slowest in a hundred.
pub(crate) async fn availability(hotel: &Hotel, stock: &Stock) -> Result<Figure> {
    let requests: Vec<Vec<u8>> = (0..STAYS).map(|i| get(&hotel.host, &path(stock, i), None)).collect();
    latencies(hotel.port, &requests, CLIENTS, SEARCHES / 10).await?;
    let times = tokio::select! {
        times = latencies(hotel.port, &requests, CLIENTS, SEARCHES) => times?,
        failed = keep_booking(hotel, stock) => failed.map(|()| Vec::new())?,
    };
    Ok(Figure::at_most(
        "availability, 42 rooms, 14 nights, 32 connections, p99",
        percentile(&times, 99),
        "ms",
        5.0,
        "p99 <= 5 ms",
    ))
}

/// A search for 14 nights in the ten months to come, by one or two people with or without a child.
fn path(stock: &Stock, i: i32) -> String {
    let arrival = stock.business_date.saturating_add((i * 5).days());
    let departure = arrival.saturating_add(14.days());
    let (adults, children) = (1 + i % 2, i / 2 % 2);
    format!("/api/v1/availability?arrival={arrival}&departure={departure}&adults={adults}&children={children}")
}

/// Books a room for two nights, again and again, all over the year.
async fn keep_booking(hotel: &Hotel, stock: &Stock) -> Result<()> {
    let mut tick = interval(BOOKING_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for i in 0_i32.. {
        tick.tick().await;
        let room = stock.room(usize::try_from(i % 3)?, i * 37 % 300, 2);
        hotel.post("/api/v1/bookings", &format!("search-{i:05}"), &stock.booking(&format!("Tamu {i}"), room)).await?;
    }
    Ok(())
}
