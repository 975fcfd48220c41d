//! Waiting for what comes in its own time.
use std::time::Duration;

use anyhow::Result;

/// Asks until there is an answer, 25 ms after it was told that there is none; gives up once it has slept for so many seconds.
pub async fn patiently<T>(seconds: u64, what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    for _ in 0..seconds * 40 {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    anyhow::bail!("{what}: not within {seconds} s")
}
