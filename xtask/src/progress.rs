//! What the one who started a chore sees: each step with its time.
use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Runs one step, saying what it is and how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    if stdout().is_terminal() {
        print!("  … {what}\r");
        let _ = stdout().flush();
    }
    let outcome = work();
    let mark = if outcome.is_ok() { "✓" } else { "✗" };
    println!("  {mark} {what:<66} {}", time(begun.elapsed()));
    outcome
}

/// A duration as people read it.
pub(crate) fn time(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:>6.2} s", duration.as_secs_f64()),
        seconds => format!("{:>2} min {:>2} s", seconds / 60, seconds % 60),
    }
}
