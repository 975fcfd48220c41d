//! Ctrl-C and SIGTERM, as a flag that every wait looks at.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether somebody asked this chore to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on the signals no longer end the process: whoever waits must look here.
    pub(crate) fn on_signals() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag)).context("cannot listen for signals")?;
        }
        Ok(Self(flag))
    }

    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Fails when somebody asked to stop, so that a long chore ends at its next step.
    pub(crate) fn check(&self) -> Result<()> {
        match self.asked() {
            true => bail!("stopped on request"),
            false => Ok(()),
        }
    }

    /// Asks again and again until there is an answer; `what` names what was waited for.
    pub(crate) fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut ask: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let begun = Instant::now();
        loop {
            self.check()?;
            if let Some(answer) = ask()? {
                return Ok(answer);
            }
            if begun.elapsed() > limit {
                bail!("{what} did not happen within {} s", limit.as_secs());
            }
            thread::sleep(Duration::from_millis(25));
        }
    }
}
