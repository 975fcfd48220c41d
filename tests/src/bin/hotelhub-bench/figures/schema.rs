//! What a schema in a shared database costs: a request, beside a database of the hotel's own, and a sign-up.
use std::time::Instant;

use anyhow::{Result, bail};
use hotelhub_tests::{Connection, Hotel, House, get, sign_up, until_served};
use tokio_postgres::Client;

use crate::compare::median;
use crate::report::Figure;

/// The door that is measured: one prepared read, no session.
const DOOR: &str = "/api/v1/public/property";

/// Windows measured on each side, in turns, and requests in each.
const WINDOWS: usize = 301;
const REQUESTS: usize = 50;

/// One hotel of each kind, and what its plan places it in.
const HOTELS: [(&str, &str); 2] = [("bersama", "schema"), ("sendiri", "database")];

/// Sign-ups whose median is told.
const SIGN_UPS: usize = 40;

/// The same warm request to a hotel of either kind, over one connection, one after the other: how much longer the one takes that shares a
/// database.
pub(crate) async fn beside_a_database(house: &House, central: &Client) -> Result<Figure> {
    let mut requests = Vec::new();
    for (slug, placed_in) in HOTELS {
        place_in(central, placed_in).await?;
        Hotel::open(house, slug).await?;
        requests.push(get(&house.host(slug), DOOR, None));
    }
    let mut line = Connection::open(house.node_port()).await?;
    let mut pairs = Vec::new();
    for turn in 0..WINDOWS {
        let mut times = [0.0; HOTELS.len()];
        for place in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            times[place] = window(&mut line, &requests[place]).await?;
        }
        pairs.push((times[0], times[1]));
    }
    // The first turns are of requests that are not warm yet.
    let pairs = pairs.split_off(WINDOWS / 10);
    Ok(Figure::more_at_most("a request to a hotel in a schema: longer by", "us", &pairs, 30.0, "<= 30 us"))
}

/// From the call to the first page of a hotel whose schema is laid out when it comes: none is kept ready.
pub(crate) async fn sign_ups(house: &House, central: &Client) -> Result<Figure> {
    place_in(central, "schema").await?;
    let mut times = Vec::new();
    for number in 0..SIGN_UPS {
        let (slug, start) = (format!("skema-{number}"), Instant::now());
        sign_up(house, &slug).await?;
        until_served(house.node_port(), &house.host(&slug)).await?;
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    place_in(central, "database").await?;
    Ok(Figure::at_most("sign-up to first 200, in a schema, p50", median(&times), "ms", 250.0, "<= 250 ms p50"))
}

/// What whoever signs up from now on is placed in.
async fn place_in(central: &Client, placed_in: &str) -> Result<()> {
    central.execute("update plans set placed_in = $1", &[&placed_in]).await?;
    Ok(())
}

/// The middle time of some requests in a row, in microseconds.
async fn window(line: &mut Connection, request: &[u8]) -> Result<f64> {
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let start = Instant::now();
        let reply = line.send(request).await?;
        if reply.status != 200 {
            bail!("answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        }
        times.push(start.elapsed().as_secs_f64() * 1_000_000.0);
    }
    Ok(median(&times))
}
