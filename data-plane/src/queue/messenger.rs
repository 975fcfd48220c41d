//! Carries hints between processes through Redis. What it loses costs delay, never a job.
use std::time::Duration;

use futures_util::StreamExt as _;
use hotelhub_kernel::{Backoff, Entropy, hex};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, RedisResult};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Hint, Hints};

const CHANNEL: &str = "hotelhub:hints";
const PAUSES: Backoff = Backoff { base: Duration::from_millis(200), ceiling: Duration::from_secs(10) };
/// Hints that wait to leave.
pub(super) const OUTWARD: usize = 4_096;

/// A hint on its way, with its sender, who has it already. Without one: hints were lost, look everywhere.
#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    #[serde(flatten)]
    hint: Option<Hint>,
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
        () = tell(&client, leaving, &hints, &own, &entropy) => {}
        () = hear => {}
    }
}

/// Says every hint until it is out, then whether some found no place to wait.
async fn tell(client: &redis::Client, mut leaving: mpsc::Receiver<Hint>, hints: &Hints, own: &str, entropy: &Entropy) {
    let mut line = None;
    while let Some(hint) = leaving.recv().await {
        publish(client, &mut line, &Message { from: own.to_owned(), hint: Some(hint) }, entropy).await;
        if leaving.is_empty() && hints.take_overflown() {
            publish(client, &mut line, &Message { from: own.to_owned(), hint: None }, entropy).await;
        }
    }
}

async fn publish(
    client: &redis::Client,
    line: &mut Option<MultiplexedConnection>,
    message: &Message,
    entropy: &Entropy,
) {
    let text = serde_json::to_string(message).expect("ids and an instant are JSON");
    let mut failures = 0;
    loop {
        let said = async {
            let connection = match line {
                Some(connection) => connection,
                None => line.insert(client.get_multiplexed_async_connection().await?),
            };
            connection.publish::<_, _, ()>(CHANNEL, &text).await
        };
        let Err(error) = said.await else { return };
        *line = None;
        failures += 1;
        if failures == 1 {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "hints do not reach other processes; they wait");
        }
        tokio::time::sleep(PAUSES.after(failures, entropy)).await;
    }
}

async fn hear(client: &redis::Client, hints: &Hints, own: &str, entropy: &Entropy) {
    let mut failures = 0;
    loop {
        let outcome = hear_while_it_lasts(client, hints, own, &mut failures).await;
        failures += 1;
        if failures == 1 {
            let error = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            tracing::warn!(error, "hints of other processes are not heard");
        }
        tokio::time::sleep(PAUSES.after(failures, entropy)).await;
    }
}

/// Who begins to hear has missed what was said before.
async fn hear_while_it_lasts(client: &redis::Client, hints: &Hints, own: &str, failures: &mut u32) -> RedisResult<()> {
    let mut ear = client.get_async_pubsub().await?;
    ear.subscribe(CHANNEL).await?;
    *failures = 0;
    hints.miss();
    let mut messages = ear.on_message();
    while let Some(message) = messages.next().await {
        let text: String = message.get_payload()?;
        match serde_json::from_str::<Message>(&text) {
            Ok(message) if message.from != own => message.hint.map_or_else(|| hints.miss(), |hint| hints.bring(hint)),
            _ => {}
        }
    }
    Ok(())
}
