//! One hotel on its own server.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hotelhub_testkit::free_port;
use hotelhub_tests::{Process, Programs};

use crate::compare::median;
use crate::report::Figure;

/// Starts, counted; the first of them migrates and is not counted.
const STARTS: usize = 7;

/// From start to ready on a migrated database, and resident memory at rest.
pub(crate) async fn start_and_rest(programs: &Programs, dir: &Path, dsn: &str) -> Result<Vec<Figure>> {
    let mut times = Vec::new();
    let mut resident = 0.0;
    for i in 0..=STARTS {
        let port = free_port()?;
        let env = [
            ("APP_MODE", "standalone".to_owned()),
            ("DATABASE_URL", dsn.to_owned()),
            ("HOTELHUB_LISTEN", format!("127.0.0.1:{port}")),
            ("HOTELHUB_METRICS_LISTEN", "127.0.0.1:0".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        let start = Instant::now();
        let mut process = Process::start(dir, "standalone", &programs.path("hotelhub"), &["serve"], &env)?;
        process.until_healthy(port, "/readyz").await?;
        if i > 0 {
            times.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        resident = resident_mib(process.id().context("it ended")?)?;
        process.stop().await?;
    }
    Ok(vec![
        Figure::at_most("standalone: start to ready", median(&times), "ms", 500.0, "<= 500 ms"),
        Figure::at_most("standalone: resident at rest", resident, "MiB", 80.0, "<= 80 MiB"),
    ])
}

/// Resident memory of a process, as the kernel counts it.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib / 1_024.0)
}
