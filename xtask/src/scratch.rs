//! Throw-away folders and servers for one chore, gone when it ends.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::group::Group;
use crate::servers::account::remove_folder;
use crate::servers::postgres::{Disk, Postgres, Wish};
use crate::servers::redis::Redis;
use crate::servers::s3::{self, S3};
use crate::servers::traces::Traces;
use crate::stop::Stop;
use crate::{ports, random, repo};

/// A folder under the build folder that goes when it is dropped, a cluster in it included.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes it, and removes what killed chores left beside it.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let parent = repo::target().join("scratch");
        for entry in fs::read_dir(&parent).into_iter().flatten().flatten() {
            if Traces::abandoned(&entry.path()) {
                let _ = remove_folder(&entry.path());
            }
        }
        let folder = parent.join(format!("{name}-{}", random::name()?));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = remove_folder(&self.0);
    }
}

/// A Postgres that never flushes and a Redis; dropping it stops them.
#[derive(Debug)]
pub(crate) struct Scratch {
    postgres: Postgres,
    redis: Redis,
    s3: Option<S3>,
    traces: Traces,
    folder: Folder,
}

impl Scratch {
    pub(crate) fn start(name: &str, connections: u32, stop: &Stop) -> Result<Self> {
        let folder = Folder::new(name)?;
        let traces = Traces::take_over(folder.path())?;
        let wish = Wish {
            folder: &folder.path().join("postgres"),
            port: ports::free()?,
            password: &random::password()?,
            disk: Disk::Scratch,
            kept: false,
            connections,
            log: &folder.path().join("postgres.log"),
        };
        let postgres = Postgres::start(&wish, stop)?;
        traces.note("postgres", postgres.process.id())?;
        let (home, log) = (folder.path().join("redis"), folder.path().join("redis.log"));
        let redis = Redis::start(&home, ports::free()?, &random::password()?, &log, stop)?;
        traces.note("redis", redis.process.id())?;
        Ok(Self { postgres, redis, s3: None, traces, folder })
    }

    /// Starts an S3 service beside them; nothing where there is none to be had on this machine.
    pub(crate) fn with_s3(mut self, stop: &Stop) -> Result<Self> {
        if let Some(program) = s3::find_or_fetch() {
            let (home, log) = (self.folder().join("s3"), self.folder().join("s3.log"));
            let s3 = S3::start(&program, &home, (ports::free()?, &random::password()?), &log, stop)?;
            self.traces.note("s3", s3.process.id())?;
            self.s3 = Some(s3);
        }
        Ok(self)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Remembers a program that was started on these servers, so that it does not outlive a chore that is killed.
    pub(crate) fn note(&self, name: &str, program: &Group) -> Result<()> {
        self.traces.note(name, program.id())
    }

    pub(crate) fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    pub(crate) fn s3(&self) -> Option<&S3> {
        self.s3.as_ref()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(s3) = &mut self.s3 {
            s3.process.stop(Duration::from_secs(5));
        }
        self.redis.process.stop(Duration::from_secs(5));
        self.postgres.process.stop(Duration::from_secs(5));
    }
}
