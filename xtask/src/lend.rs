//! Private servers lent to another program: one JSON line says where they are, they end with its standard input, and come back
//! at their old address after it killed them.
use std::fs;
use std::io::{BufRead, stdin};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;

use crate::servers::postgres::{Disk, Postgres, Wish as Cluster};
use crate::servers::redis::Redis;
use crate::servers::traces::Traces;
use crate::stop::Stop;
use crate::{install, ports, random};

/// What to lend.
#[derive(Args)]
pub(crate) struct Wish {
    /// Where the servers live; what is there already is kept.
    #[arg(long)]
    dir: PathBuf,
    /// Commits reach the disk before they are answered.
    #[arg(long)]
    durable: bool,
}

/// Tries before a killed server's last processes count as stuck.
const TRIES: u32 = 50;

/// What both servers are started with, again and again.
struct Ground {
    dir: PathBuf,
    disk: Disk,
    password: String,
    postgres_port: u16,
    redis_port: u16,
    traces: Traces,
}

/// Lends until the input ends or a signal comes.
pub(crate) fn run(wish: Wish, stop: &Stop) -> Result<()> {
    install::ensure_all(install::SERVERS)?;
    fs::create_dir_all(&wish.dir).with_context(|| format!("cannot make {}", wish.dir.display()))?;
    let dir = fs::canonicalize(&wish.dir)?;
    let [postgres_port, redis_port] = ports::free_or([0, 0])?;
    let ground = Ground {
        password: random::kept_password(&dir.join("password"))?,
        traces: Traces::take_over(&dir)?,
        disk: if wish.durable { Disk::Durable } else { Disk::Scratch },
        postgres_port,
        redis_port,
        dir,
    };
    let mut postgres = ground.postgres(stop)?;
    let mut redis = ground.redis(stop)?;
    say(&postgres, &redis);
    let (sender, orders) = channel();
    thread::spawn(move || listen(&sender));
    while !stop.asked() {
        match orders.recv_timeout(Duration::from_millis(100)) {
            Ok(order) if order == "restart postgres" => {
                postgres.process.stop(Duration::from_secs(20));
                postgres = ground.postgres(stop)?;
            }
            Ok(order) if order == "restart redis" => {
                redis.process.stop(Duration::from_secs(5));
                redis = ground.redis(stop)?;
            }
            Ok(order) => bail!("{order}: not `restart postgres` or `restart redis`"),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        say(&postgres, &redis);
    }
    drop((redis, postgres));
    ground.traces.clear();
    Ok(())
}

fn say(postgres: &Postgres, redis: &Redis) {
    let line = json!({
        "postgres": { "admin_dsn": postgres.dsn("postgres"), "pid": postgres.process.id() },
        "redis": { "url": redis.url(), "pid": redis.process.id() },
    });
    println!("{line}");
}

/// Passes lines on until the input ends.
fn listen(orders: &Sender<String>) {
    for line in stdin().lock().lines().map_while(Result::ok) {
        if orders.send(line.trim().to_owned()).is_err() {
            return;
        }
    }
}

impl Ground {
    /// A killed cluster's last processes may hold its memory for a moment: tried until they are gone.
    fn postgres(&self, stop: &Stop) -> Result<Postgres> {
        let wish = Cluster {
            folder: &self.dir.join("postgres"),
            port: self.postgres_port,
            password: &self.password,
            disk: self.disk,
            kept: false,
            connections: 400,
            log: &self.dir.join("postgres.log"),
        };
        let mut tried = 0;
        let postgres = loop {
            match Postgres::start(&wish, stop) {
                Ok(postgres) => break postgres,
                Err(error) if tried == TRIES || stop.asked() => return Err(error),
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
            tried += 1;
        };
        self.traces.note("postgres", postgres.process.id())?;
        Ok(postgres)
    }

    fn redis(&self, stop: &Stop) -> Result<Redis> {
        let (home, log) = (self.dir.join("redis"), self.dir.join("redis.log"));
        let redis = Redis::start(&home, self.redis_port, &self.password, &log, stop)?;
        self.traces.note("redis", redis.process.id())?;
        Ok(redis)
    }
}
