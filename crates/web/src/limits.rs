//! How often a key may knock: fixed windows, in memory and bounded; across processes with Redis.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hotelhub_kernel::Clock;
use redis::aio::ConnectionManager;

use crate::{AppError, Kind, Result};

/// Keys remembered at once; beyond it the oldest windows are forgotten.
const CAPACITY: usize = 50_000;

/// At most `limit` knocks per key and window.
#[derive(Clone)]
pub struct Throttle {
    name: &'static str,
    limit: u32,
    window: Duration,
    clock: Clock,
    seen: Arc<Mutex<HashMap<Box<str>, Window>>>,
    redis: Option<ConnectionManager>,
}

#[derive(Clone, Copy)]
struct Window {
    number: i64,
    count: u32,
}

impl Throttle {
    /// Counts in this process alone. `name` keeps the counters of different throttles apart.
    pub fn new(name: &'static str, limit: u32, window: Duration, clock: &Clock) -> Self {
        Self { name, limit, window, clock: clock.clone(), seen: Arc::default(), redis: None }
    }

    /// Counts in Redis as well, so that all processes count together; without Redis the process's own count holds.
    #[must_use]
    pub fn shared(mut self, redis: Option<ConnectionManager>) -> Self {
        self.redis = redis;
        self
    }

    /// Counts one knock; 429 with `Retry-After` over the limit.
    pub async fn admit(&self, key: &str) -> Result<()> {
        let length = i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX).max(1);
        let now = self.clock.now().as_second();
        let number = now.div_euclid(length);
        let mut count = self.count_here(key, number);
        if let Some(redis) = &self.redis {
            count = count.max(self.count_there(redis.clone(), key, number, length).await);
        }
        if count <= self.limit {
            return Ok(());
        }
        let wait = u32::try_from(length - now.rem_euclid(length)).unwrap_or(u32::MAX);
        Err(AppError::new(Kind::TooMany, "too-many-attempts", "Too many attempts. Wait a little.").retry_after(wait))
    }

    /// Forgets a key in this process: after a success.
    pub fn forgive(&self, key: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn count_here(&self, key: &str, number: i64) -> u32 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CAPACITY {
            seen.retain(|_, window| window.number == number);
            if seen.len() >= CAPACITY {
                seen.clear();
            }
        }
        let window = seen.entry(key.into()).or_insert(Window { number, count: 0 });
        if window.number != number {
            *window = Window { number, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count
    }

    async fn count_there(&self, mut redis: ConnectionManager, key: &str, number: i64, length: i64) -> u32 {
        let place = format!("throttle:{}:{number}:{key}", self.name);
        let mut pipe = redis::pipe();
        let counted = pipe.incr(&place, 1_u32).expire(&place, length).ignore().query_async(&mut redis);
        match tokio::time::timeout(Duration::from_millis(200), counted).await {
            Ok(Ok((count,))) => count,
            _ => 0,
        }
    }
}
