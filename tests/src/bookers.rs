//! People who book without a pause, and note what was acknowledged and when.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::connection::Connection;
use crate::hotel::{Hotel, Stock};

/// Nights that are booked in a row, each by itself.
const NIGHTS: usize = 300;

/// How long somebody who was told to try again waits.
const BREATH: Duration = Duration::from_millis(10);

/// People at work.
pub struct Bookers {
    over: Arc<AtomicBool>,
    people: Vec<JoinHandle<Result<Vec<Booked>>>>,
}

/// A booking that was acknowledged.
pub struct Booked {
    /// Its id.
    pub id: String,
    /// When it was acknowledged.
    pub at: Instant,
    /// How often it had been refused with 503 before.
    pub refused: u32,
}

impl Bookers {
    /// So many people book rooms of one type after the other, night after night, and begin again with the first. There must be rooms for all
    /// that they book. `name` tells their keys from others'.
    pub fn begin(hotel: &Hotel, stock: &Stock, people: usize, name: &str) -> Self {
        let over = Arc::<AtomicBool>::default();
        let people = (0..people)
            .map(|person| {
                let (hotel, stock, over) = (hotel.clone(), stock.clone(), over.clone());
                let name = format!("{name}-{person}");
                tokio::spawn(async move { book_on(&hotel, &stock, &name, &over).await })
            })
            .collect();
        Self { over, people }
    }

    /// Lets everybody finish what they are at; all that was acknowledged, in the order of time.
    pub async fn end(self) -> Result<Vec<Booked>> {
        self.over.store(true, Ordering::Release);
        let mut all = Vec::new();
        for person in self.people {
            all.extend(person.await??);
        }
        all.sort_by_key(|booked| booked.at);
        Ok(all)
    }
}

async fn book_on(hotel: &Hotel, stock: &Stock, name: &str, over: &AtomicBool) -> Result<Vec<Booked>> {
    let mut node = Connection::open(hotel.port).await?;
    let mut acknowledged = Vec::new();
    let mut number = 0_usize;
    while !over.load(Ordering::Acquire) {
        number += 1;
        let (kind, ahead) = (number / NIGHTS % stock.room_types.len().max(1), i32::try_from(number % NIGHTS)?);
        let booking = stock.booking("Wayan Suarti", stock.room(kind, ahead, 1));
        let request = hotel.booking(&format!("{name}-{number}"), &booking);
        let mut refused = 0;
        loop {
            let reply = node.send(&request).await?;
            match reply.status {
                201 => {
                    let at = Instant::now();
                    let id = reply.json(201)?.get("id").and_then(Value::as_str).context("no id")?.to_owned();
                    acknowledged.push(Booked { id, at, refused });
                    break;
                }
                503 => {
                    refused += 1;
                    tokio::time::sleep(BREATH).await;
                }
                other => bail!("a booking was answered {other}: {}", String::from_utf8_lossy(&reply.body)),
            }
        }
    }
    Ok(acknowledged)
}
