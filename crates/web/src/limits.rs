//! How often a key may knock: fixed windows, in memory and bounded; across processes with Redis.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotelhub_kernel::Clock;
use redis::aio::ConnectionManager;

use crate::{AppError, Kind, Result};

/// Keys remembered at once; beyond it the oldest windows are forgotten.
const CAPACITY: usize = 50_000;

/// How long Redis may take to count.
const PATIENCE: Duration = Duration::from_millis(200);

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

    /// Counts in Redis, so that all processes count together; while Redis is away the process goes on counting alone.
    #[must_use]
    pub fn shared(mut self, redis: Option<ConnectionManager>) -> Self {
        self.redis = redis;
        self
    }

    /// Counts one knock; 429 with `Retry-After` over the limit.
    pub async fn admit(&self, key: &str) -> Result<()> {
        let (now, length) = (self.clock.now().as_second(), self.length());
        let number = now.div_euclid(length);
        let alone = self.count_here(key, number);
        let together = self.count_there(key, number, length).await;
        let count = together.unwrap_or(alone);
        self.agree(key, Window { number, count });
        if count <= self.limit {
            return Ok(());
        }
        let wait = u32::try_from(length - now.rem_euclid(length)).unwrap_or(u32::MAX);
        Err(AppError::new(Kind::TooMany, "too-many-attempts", "Too many attempts. Wait a little.").retry_after(wait))
    }

    /// Forgets what a key has knocked in this window, in every process: after a success.
    pub async fn forgive(&self, key: &str) {
        self.seen().remove(key);
        let number = self.clock.now().as_second().div_euclid(self.length());
        self.ask(redis::pipe().del(self.place(key, number))).await;
    }

    /// The window in whole seconds.
    fn length(&self) -> i64 {
        i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX).max(1)
    }

    /// Goes on from the common count when Redis is away the next time.
    fn agree(&self, key: &str, window: Window) {
        if let Some(known) = self.seen().get_mut(key) {
            *known = window;
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Box<str>, Window>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_here(&self, key: &str, number: i64) -> u32 {
        let mut seen = self.seen();
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

    async fn count_there(&self, key: &str, number: i64, length: i64) -> Option<u32> {
        let place = self.place(key, number);
        self.ask(redis::pipe().incr(&place, 1_u32).expire(&place, length).ignore()).await
    }

    fn place(&self, key: &str, number: i64) -> String {
        format!("throttle:{}:{number}:{key}", self.name)
    }

    /// The single number that Redis answers, unless it is away.
    async fn ask(&self, pipe: &redis::Pipeline) -> Option<u32> {
        let mut redis = self.redis.clone()?;
        let asked = pipe.query_async::<(u32,)>(&mut redis);
        tokio::time::timeout(PATIENCE, asked).await.ok()?.ok().map(|(number,)| number)
    }
}
