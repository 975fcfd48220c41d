//! From a change at the vendor to all of three nodes.
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use futures_util::future::try_join_all;
use hotelhub_tests::{Connection, House, get, post_as};
use serde_json::{Value, json};

use crate::compare::{median, percentile};
use crate::report::Figure;
use crate::town;

/// Changes that are measured, each of another hotel.
const CHANGES: usize = 100;

/// Hotels that are deleted.
const DELETIONS: usize = 20;

/// How often a node is asked whether it knows.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A node that does not know by then never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// Closes hotels for maintenance and deletes others: from the moment staff say so until the last node does not serve them any more.
/// The baseline is the answer to staff, which comes when the change is on the disk.
pub(crate) async fn on_three_nodes(house: &House, hotels: usize) -> Result<Vec<Figure>> {
    let (mut second, mut third) =
        (house.another_node("node-2", "serve").await?, house.another_node("node-3", "serve").await?);
    let ports = [house.node_port(), second.ports[0], third.ports[0]];
    for port in ports {
        town::until_known(port, house, 1, hotels).await?;
    }
    let vendor = Vendor { house, token: house.mint_token("super_admin").await?, ports };
    let (mut seen, mut told, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let closure = json!({ "text": "Pindah server", "until": "2099-01-01T00:00:00Z" });
    for number in 1..=CHANGES {
        let (answered, known) = vendor.changes(number, "maintenance", &closure, Standing::Closed).await?;
        told.push(answered);
        seen.push(known);
    }
    for number in CHANGES + 1..=CHANGES + DELETIONS {
        let farewell = json!({ "reason": "Hotel dijual", "slug": town::slug(number) });
        gone.push(vendor.changes(number, "delete", &farewell, Standing::Unknown).await?.1);
    }
    for (node, name) in [(&mut second, "node-2"), (&mut third, "node-3")] {
        node.process.stop().await?;
        house.retire(name).await?;
    }
    Ok(vec![
        Figure::at_most("change visible on 3 nodes, p50", median(&seen), "ms", 20.0, "<= 20 ms").beside(median(&told)),
        Figure::at_most("change visible on 3 nodes, p99", percentile(&seen, 99), "ms", 250.0, "<= 250 ms")
            .beside(percentile(&told, 99)),
        Figure::at_most("delete: unreachable on 3 nodes, the slowest", percentile(&gone, 100), "ms", 1_000.0, "<= 1 s"),
    ])
}

/// How a node treats a hotel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Whoever comes is told that it is closed.
    Closed,
    /// Nobody lives there.
    Unknown,
}

/// Staff, and the nodes they look at.
struct Vendor<'a> {
    house: &'a House,
    token: String,
    ports: [u16; 3],
}

impl Vendor<'_> {
    /// Makes a change; the milliseconds until it was answered, and until every node acts on it.
    async fn changes(&self, number: usize, change: &str, body: &Value, wanted: Standing) -> Result<(f64, f64)> {
        let host = format!("hotelhub.localhost:{}", self.house.control_port());
        let path = format!("/api/v1/tenants/{}/{change}", town::tenant(number).0);
        let request = post_as(&self.token, &host, &path, &format!("bench-{change}-{number}"), &body.to_string());
        let question = get(&self.house.host(&town::slug(number)), "/api/v1/nowhere", None);
        let mut vendor = Connection::open(self.house.control_port()).await?;
        let begun = Instant::now();
        let answered = async {
            vendor.send(&request).await?.json(200)?;
            anyhow::Ok(begun.elapsed().as_secs_f64() * 1_000.0)
        };
        let known = try_join_all(self.ports.map(|port| until(port, &question, wanted, begun)));
        let (answered, known) = tokio::try_join!(answered, known)?;
        Ok((answered, known.into_iter().fold(0.0, f64::max)))
    }
}

/// Asks a node until it treats the hotel so; the milliseconds since then.
async fn until(port: u16, question: &[u8], wanted: Standing, begun: Instant) -> Result<f64> {
    let mut node = Connection::open(port).await?;
    while begun.elapsed() < PATIENCE {
        let reply = node.send(question).await?;
        let known = match wanted {
            Standing::Closed => reply.status == 503,
            Standing::Unknown => reply.status == 404 && reply.json(404)?["code"] == "unknown-tenant",
        };
        if known {
            return Ok(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("a node never heard of a change")
}
