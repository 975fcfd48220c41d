//! Counting again and again, while others do something.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::house::connect;

/// Somebody who counts what a server has, without a pause.
pub struct Watch {
    enough: Arc<AtomicBool>,
    counting: JoinHandle<Result<(i64, usize)>>,
}

impl Watch {
    /// Begins to count with this statement, from a connection of its own.
    pub async fn begin(dsn: &str, counting: &str) -> Result<Self> {
        let server = connect(dsn).await?;
        let seen = server.prepare(counting).await?;
        let enough = Arc::<AtomicBool>::default();
        let ended = enough.clone();
        let counting = tokio::spawn(async move {
            let (mut most, mut samples) = (0, 0);
            while !ended.load(Ordering::SeqCst) {
                let open: i64 = server.query_one(&seen, &[]).await?.get(0);
                (most, samples) = (open.max(most), samples + 1);
            }
            Ok((most, samples))
        });
        Ok(Self { enough, counting })
    }

    /// The most that were seen at a time, and how often it was looked.
    pub async fn ends(self) -> Result<(i64, usize)> {
        self.enough.store(true, Ordering::SeqCst);
        self.counting.await?
    }
}
