//! A throw-away Postgres and Redis for one chore, gone when it ends.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::servers::account::remove_folder;
use crate::servers::postgres::{Disk, Postgres, Wish};
use crate::servers::process::Trace;
use crate::servers::redis::Redis;
use crate::stop::Stop;
use crate::{ports, random, repo};

/// The servers and the folder they live in; dropping it stops them and removes it.
#[derive(Debug)]
pub(crate) struct Scratch {
    postgres: Postgres,
    redis: Redis,
    folder: PathBuf,
}

impl Scratch {
    /// Starts both servers in a new folder under the build folder.
    pub(crate) fn start(name: &str, connections: u32, stop: &Stop) -> Result<Self> {
        let parent = repo::target().join("scratch");
        sweep(&parent);
        let folder = parent.join(format!("{name}-{}", random::name()?));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        note(&folder, "xtask", std::process::id())?;
        let wish = Wish {
            folder: &folder.join("postgres"),
            port: ports::free()?,
            password: &random::password()?,
            disk: Disk::Scratch,
            connections,
            log: &folder.join("postgres.log"),
        };
        let postgres = Postgres::start(&wish, stop)?;
        note(&folder, "postgres", postgres.process.id())?;
        let log = folder.join("redis.log");
        let redis = Redis::start(&folder.join("redis"), ports::free()?, &random::password()?, &log, stop)?;
        note(&folder, "redis", redis.process.id())?;
        Ok(Self { postgres, redis, folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.redis.process.stop(Duration::from_secs(5));
        self.postgres.process.stop(Duration::from_secs(5));
        let _ = remove_folder(&self.folder.join("postgres"));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn note(folder: &Path, name: &str, id: u32) -> Result<()> {
    let trace = Trace::of(name, id).with_context(|| format!("{name} is gone"))?;
    fs::write(folder.join(format!("{name}.pid")), serde_json::to_string(&trace)?)?;
    Ok(())
}

/// Ends and removes what a killed chore left behind; a chore that still runs keeps its folder.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let folder = entry.path();
        let trace = |name: &str| -> Option<Trace> {
            serde_json::from_str(&fs::read_to_string(folder.join(format!("{name}.pid"))).ok()?).ok()
        };
        let Some(owner) = trace("xtask") else { continue };
        if owner.is_alive() {
            continue;
        }
        for (name, farewell) in [("redis", Signal::TERM), ("postgres", Signal::INT)] {
            if let Some(left) = trace(name) {
                left.end(farewell);
            }
        }
        let _ = remove_folder(&folder.join("postgres"));
        let _ = fs::remove_dir_all(&folder);
    }
}
