//! Somebody is killed in the middle of a sign-up or a booking. Nothing is lost, nothing is there twice.
mod booking;
mod sign_up;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotelhub_tests::{Connection, House, Reply, Servers, patiently, signal};
use serde_json::Value;
use tokio_postgres::Client;

/// Who dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Control,
    Node,
    Postgres,
    Redis,
}

/// When, in milliseconds after the request went out: before it arrives, while it works, while it commits, after it answered.
const MOMENTS: [u64; 4] = [2, 9, 25, 70];

/// Seconds after which a job that somebody died over has surely run again: its lease is eight times as long as the sending of a letter may
/// take, which is half a minute.
const LEASE_IS_OVER: u64 = 400;

/// Each victim at each moment.
fn strikes() -> impl Iterator<Item = (Victim, u64)> {
    let victims = [Victim::Control, Victim::Node, Victim::Postgres, Victim::Redis];
    victims.into_iter().flat_map(|victim| MOMENTS.map(|moment| (victim, moment)))
}

/// What somebody wants, and the status of the answer that gives it.
struct Wish {
    /// Whose request it is: keys belong to addresses.
    from: Ipv4Addr,
    port: u16,
    request: Vec<u8>,
    answer: u16,
}

impl Victim {
    async fn kill(self, house: &mut House, servers: &Servers) -> Result<()> {
        match self {
            Self::Control => house.control.kill().await,
            Self::Node => house.node.kill().await,
            Self::Postgres => signal(servers.postgres_pid(), "KILL").await,
            Self::Redis => signal(servers.redis_pid(), "KILL").await,
        }
    }

    async fn bring_back(self, house: &mut House, servers: &mut Servers) -> Result<()> {
        match self {
            Self::Control => house.restart_control().await,
            Self::Node => house.restart_node().await,
            Self::Postgres => servers.restart("postgres").await,
            Self::Redis => servers.restart("redis").await,
        }
    }

    /// Dies this long after the wish went out and comes back; the wish is asked again until it is granted, and granted once.
    async fn struck_after(self, moment: u64, wish: &Wish, house: &mut House, servers: &mut Servers) -> Result<Value> {
        let first = wish.ask();
        tokio::time::sleep(Duration::from_millis(moment)).await;
        self.kill(house, servers).await?;
        let first = first.await?;
        self.bring_back(house, servers).await?;
        let mut last = String::new();
        let again = patiently(120, "the wish is granted", async || {
            let answer = wish.ask().await?.and_then(|reply| reply.json(wish.answer));
            Ok(answer.map_err(|refused| last = refused.to_string()).ok())
        });
        let again = again.await.with_context(|| format!("{self:?} after {moment} ms: {last}"))?;
        if let Ok(first) = first.and_then(|reply| reply.json(wish.answer)) {
            ensure!(first == again, "{self:?} after {moment} ms: two answers: {first} and {again}");
        }
        Ok(again)
    }
}

impl Wish {
    fn ask(&self) -> tokio::task::JoinHandle<Result<Reply>> {
        let (from, port, request) = (self.from, self.port, self.request.clone());
        tokio::spawn(async move {
            let answered = async { Connection::open_from(from, port).await?.send(&request).await };
            tokio::time::timeout(Duration::from_secs(30), answered).await?
        })
    }
}

/// Waits until no letter is left to be sent. Each of these readers then has one: a sender that dies between the mail server's
/// word and its own note sends the letter again under its Message-ID, and a mailbox shows it once. So ids are counted.
async fn one_letter_each(house: &House, kept: &Client, readers: impl IntoIterator<Item = String>) -> Result<()> {
    patiently(LEASE_IS_OVER, "every letter is sent", async || {
        let left: i64 = kept.query_one("select count(*) from letters where state <> 'sent'", &[]).await?.get(0);
        Ok((left == 0).then_some(()))
    })
    .await?;
    for reader in readers {
        let letters = house.letters(&reader, 1).await?;
        let ids: BTreeSet<&str> = letters.iter().filter_map(|letter| letter["message_id"].as_str()).collect();
        ensure!(ids.len() == 1, "{reader} got {letters:?}");
    }
    Ok(())
}

async fn texts(client: &Client, sql: &str) -> Result<BTreeSet<String>> {
    Ok(client.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}
