//! Availability of a 42-room hotel for 14 nights, over HTTP.
use anyhow::Result;

use crate::compare::percentile;
use crate::load::latencies;
use crate::report::Figure;
use hotelhub_tests::get;
use hotelhub_tests::{Hotel, Stock};

/// Connections at once.
const CLIENTS: usize = 32;

/// Searches per connection.
const SEARCHES: usize = 300;

/// The slowest in a hundred.
pub(crate) async fn availability(hotel: &Hotel, stock: &Stock) -> Result<Figure> {
    let arrival = stock.business_date.saturating_add(jiff::Span::new().days(20));
    let departure = arrival.saturating_add(jiff::Span::new().days(14));
    let path = format!("/api/v1/availability?arrival={arrival}&departure={departure}&adults=2&children=0");
    let request = get(&hotel.host, &path, None);
    latencies(hotel.port, &request, CLIENTS, SEARCHES / 10).await?;
    let times = latencies(hotel.port, &request, CLIENTS, SEARCHES).await?;
    Ok(Figure::at_most(
        "availability, 42 rooms, 14 nights, 32 connections, p99",
        percentile(&times, 99),
        "ms",
        5.0,
        "p99 <= 5 ms",
    ))
}
