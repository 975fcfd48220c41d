//! Load: many connections at once, measured as throughput or latency.
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hotelhub_tests::Connection;

/// Requests answered with 200 per second over `window`, by `clients` connections at once.
pub(crate) async fn throughput(port: u16, request: &[u8], clients: usize, window: Duration) -> Result<f64> {
    let mut tasks = tokio::task::JoinSet::new();
    let start = Instant::now();
    for _ in 0..clients {
        let request = request.to_vec();
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut count = 0_u32;
            while start.elapsed() < window {
                let reply = connection.send(&request).await?;
                if reply.status != 200 {
                    bail!("answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
                }
                count += 1;
            }
            Ok(count)
        });
    }
    let mut total = 0_u32;
    while let Some(count) = tasks.join_next().await {
        total += count??;
    }
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

/// The time of each of `count` requests per connection, in milliseconds, by `clients` connections at once. Each goes round `requests`, from
/// a place of its own.
pub(crate) async fn latencies(port: u16, requests: &[Vec<u8>], clients: usize, count: usize) -> Result<Vec<f64>> {
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let requests = requests.to_vec();
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut times = Vec::with_capacity(count);
            for request in requests.iter().cycle().skip(client * requests.len() / clients).take(count) {
                let start = Instant::now();
                let reply = connection.send(request).await?;
                if reply.status != 200 {
                    bail!("answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
                }
                times.push(start.elapsed().as_secs_f64() * 1_000.0);
            }
            Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = tasks.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}
