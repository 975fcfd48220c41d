//! Two hundred buyers, ten rooms.
use anyhow::Result;
use serde_json::Value;

use crate::report::Figure;
use hotelhub_tests::{Connection, Hotel, Stock};

/// Everyone books at once; who comes too late is told which night is full.
pub(crate) async fn ten_for_two_hundred(hotel: &Hotel, stock: &Stock, kind: usize) -> Result<Figure> {
    let mut buyers = tokio::task::JoinSet::new();
    for i in 0..200 {
        let wish = stock.booking(&format!("Tamu {i}"), stock.room(kind, 40, 2));
        let request = hotel.booking(&format!("buyer-{i:04}"), &wish);
        let port = hotel.port;
        buyers.spawn(async move { Connection::open(port).await?.send(&request).await });
    }
    let (mut sold, mut told) = (0_u32, 0_u32);
    while let Some(reply) = buyers.join_next().await {
        let reply = reply??;
        if reply.status == 201 {
            sold += 1;
        } else if reply.status == 409 && names_a_night(&reply.body) {
            told += 1;
        }
    }
    Ok(Figure::exact(
        "last 10 rooms, 200 buyers: sold",
        f64::from(sold),
        "rooms",
        sold == 10 && told == 190,
        "10 sold, 190 told the night",
    ))
}

fn names_a_night(body: &[u8]) -> bool {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    problem.get("conflicts").and_then(Value::as_array).is_some_and(|nights| {
        !nights.is_empty() && nights.iter().all(|night| night.get("date").is_some_and(Value::is_string))
    })
}
