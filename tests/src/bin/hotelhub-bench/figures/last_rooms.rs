//! Two hundred buyers, ten rooms.
use anyhow::Result;
use serde_json::{Value, json};

use crate::report::Figure;
use hotelhub_tests::{Connection, post};
use hotelhub_tests::{Hotel, Stock};

/// Everyone books at once; who comes too late is told which night is full.
pub(crate) async fn ten_for_two_hundred(hotel: &Hotel, stock: &Stock, room_type: &str) -> Result<Figure> {
    let arrival = stock.business_date.saturating_add(jiff::Span::new().days(40));
    let departure = arrival.saturating_add(jiff::Span::new().days(2));
    let mut buyers = tokio::task::JoinSet::new();
    for i in 0..200 {
        let body = json!({
            "guest": {"name": format!("Tamu {i}"), "email": format!("tamu{i}@example.com")}, "status": "confirmed",
            "reservations": [{"room_type_id": room_type, "rate_plan_id": stock.rate_plan, "arrival": arrival,
                "departure": departure, "adults": 2, "children": 0}]
        });
        let request =
            post(&hotel.host, "/api/v1/bookings", &format!("buyer-{i:04}"), Some(&hotel.cookie), &body.to_string());
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
