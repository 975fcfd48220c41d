//! Counting again and again, while others do something.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::house::connect;

/// Somebody who counts what a server has, without a pause.
pub struct Watch {
    enough: Arc<AtomicBool>,
    samples: Arc<AtomicUsize>,
    counting: JoinHandle<Result<i64>>,
}

impl Watch {
    /// Begins to count with this statement, from a connection of its own.
    pub async fn begin(dsn: &str, counting: &str) -> Result<Self> {
        let server = connect(dsn).await?;
        let seen = server.prepare(counting).await?;
        let (enough, samples) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (ended, looked) = (enough.clone(), samples.clone());
        let counting = tokio::spawn(async move {
            let mut most = 0;
            while !ended.load(Ordering::SeqCst) {
                let open: i64 = server.query_one(&seen, &[]).await?.get(0);
                most = open.max(most);
                looked.fetch_add(1, Ordering::SeqCst);
            }
            Ok(most)
        });
        Ok(Self { enough, samples, counting })
    }

    /// How often it was looked so far.
    pub fn samples(&self) -> usize {
        self.samples.load(Ordering::SeqCst)
    }

    /// The most that were seen at a time, and how often it was looked.
    pub async fn ends(self) -> Result<(i64, usize)> {
        self.enough.store(true, Ordering::SeqCst);
        let most = self.counting.await??;
        Ok((most, self.samples.load(Ordering::SeqCst)))
    }
}
