//! Carries hints between processes through Redis. What it loses costs delay, never a job.
use std::time::Duration;

use futures_util::StreamExt as _;
use hotelhub_kernel::{Backoff, Entropy, hex};
use redis::AsyncCommands as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Hint, Hints};

const CHANNEL: &str = "hotelhub:hints";
const PAUSES: Backoff = Backoff { base: Duration::from_millis(200), ceiling: Duration::from_secs(10) };
/// Hints that wait to leave.
const OUTWARD: usize = 4_096;

/// A hint on its way, with its sender, who has it already.
#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    #[serde(flatten)]
    hint: Hint,
}

/// Carries hints both ways until `stop`. A worker hears those of other processes; anybody's leave.
pub async fn carry_hints(hints: Hints, redis_url: &str, works: bool, entropy: Entropy, stop: CancellationToken) {
    let client = match redis::Client::open(redis_url) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the Redis address cannot be used; hints stay in the process"
            );
            return;
        }
    };
    let own = hex(&entropy.bytes::<8>());
    let (outward, leaving) = mpsc::channel(OUTWARD);
    hints.leave_by(outward);
    let hear = async {
        if works {
            hear(&client, &hints, &own, &entropy).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = tell(&client, leaving, &own) => {}
        () = hear => {}
    }
}

async fn tell(client: &redis::Client, mut leaving: mpsc::Receiver<Hint>, own: &str) {
    let mut line = None;
    while let Some(hint) = leaving.recv().await {
        if line.is_none() {
            line = client.get_multiplexed_async_connection().await.ok();
        }
        let Some(connection) = &mut line else { continue };
        let Ok(text) = serde_json::to_string(&Message { from: own.to_owned(), hint }) else { continue };
        if connection.publish::<_, _, ()>(CHANNEL, text).await.is_err() {
            line = None;
        }
    }
}

async fn hear(client: &redis::Client, hints: &Hints, own: &str, entropy: &Entropy) {
    let mut failures = 0;
    loop {
        let heard = async {
            let mut ear = client.get_async_pubsub().await?;
            ear.subscribe(CHANNEL).await?;
            if failures > 0 {
                hints.miss();
            }
            let mut messages = ear.on_message();
            while let Some(message) = messages.next().await {
                let text: String = message.get_payload()?;
                match serde_json::from_str::<Message>(&text) {
                    Ok(message) if message.from != own => hints.bring(message.hint),
                    _ => {}
                }
            }
            Ok::<(), redis::RedisError>(())
        };
        let outcome = heard.await;
        failures += 1;
        if failures == 1 {
            let error = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            tracing::warn!(error, "hints of other processes are not heard");
        }
        tokio::time::sleep(PAUSES.after(failures, entropy)).await;
    }
}
