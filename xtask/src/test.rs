//! The proof: format, lints, layers, what is generated, and every test against private servers. Ends with `N passed, N failed`.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::programs::Programs;
use crate::scratch::Scratch;
use crate::stop::Stop;
use crate::{demo, deny, generated, install, layers, progress, repo, sqlx, torture};

/// What to prove.
#[derive(Args)]
pub(crate) struct Wish {
    /// Runs these steps alone; may be repeated.
    #[arg(long, value_enum)]
    only: Vec<Step>,
    /// Runs the tests whose name contains this.
    filter: Option<String>,
}

/// The steps in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt --check`
    Fmt,
    /// Which package names which.
    Layers,
    /// Clippy with our lints; a warning fails.
    Clippy,
    /// The committed cache of central statements.
    Sqlx,
    /// The committed API schemas.
    Openapi,
    /// The committed table of settings.
    Docs,
    /// All tests of the workspace.
    Tests,
    /// What hotels live by, told once more where they share a database.
    Shared,
    /// The leak harness, with all guards and without each of them.
    Torture,
    /// The demo, filled and told from the first sign-up to the last receipt.
    Story,
    /// Licences, sources, banned libraries and known holes, by cargo-deny, which is built once where there is none.
    Deny,
}

/// Enough for every test binary's scratch databases at once.
const CONNECTIONS: u32 = 400;

/// Those that are told again where hotels share a database, by a part of their names.
const SHARED: [&str; 4] = ["tenancy::", "reservations::", "folios::", "work::"];

/// Passed and failed tests, failed steps, and what could not be judged on this machine, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    unproven: Vec<String>,
}

/// Runs the steps and closes with the one line that counts.
pub(crate) fn run(wish: &Wish, stop: &Stop) -> Result<()> {
    let mut tally = Tally::default();
    let prepared = install::ensure_all(&[install::SERVERS, install::BROWSER].concat())
        .and_then(|()| Scratch::start("test", CONNECTIONS, stop)?.with_s3(stop));
    match prepared {
        Ok(scratch) => run_steps(wish, &scratch, stop, &mut tally),
        Err(error) => {
            eprintln!("error: {error:#}");
            tally.failed += 1;
        }
    }
    for gap in &tally.unproven {
        println!("NOT PROVEN on this machine: {gap}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 { std::process::exit(1) } else { Ok(()) }
}

fn run_steps(wish: &Wish, scratch: &Scratch, stop: &Stop, tally: &mut Tally) {
    for step in Step::value_variants() {
        if stop.asked() || !(wish.only.is_empty() || wish.only.contains(step)) {
            continue;
        }
        let name = format!("{step:?}").to_lowercase();
        println!("── {name}");
        let (begun, failed_before) = (Instant::now(), tally.failed);
        let outcome = run_step(*step, wish, scratch, stop, tally);
        let mark = if outcome.is_ok() && tally.failed == failed_before { "✓" } else { "✗" };
        println!("{mark} {name} {}\n", progress::time(begun.elapsed()).trim());
        if let Err(error) = outcome {
            eprintln!("error: {error:#}");
            tally.failed += 1;
        }
    }
    if stop.asked() {
        eprintln!("stopped on request");
        tally.failed += 1;
    }
}

fn run_step(step: Step, wish: &Wish, scratch: &Scratch, stop: &Stop, tally: &mut Tally) -> Result<()> {
    match step {
        Step::Fmt => cargo(&["fmt", "--all", "--check"]),
        Step::Layers => layers::check(),
        Step::Clippy => cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        Step::Sqlx => sqlx::run(true, scratch),
        Step::Openapi => generated::schemas(true, &Programs::build_workspace()?),
        Step::Docs => generated::settings(true, &Programs::build_workspace()?),
        Step::Tests => {
            if scratch.s3().is_none() {
                tally.unproven.push("stores in a bucket: no S3 service, for there is no Go to build one".to_owned());
            }
            tests(&Vec::from_iter(wish.filter.as_deref()), "database", scratch, tally)
        }
        Step::Shared => {
            let stories = wish.filter.as_deref().map_or_else(|| SHARED.to_vec(), |filter| vec![filter]);
            tests(&[&["--test", "it", "--"][..], &stories].concat(), "schema", scratch, tally)
        }
        Step::Torture => torture::prove(scratch, stop).map(|runs| tally.passed += runs),
        Step::Story => demo::prove(Programs::build_workspace()?, stop).map(|()| tally.passed += 1),
        Step::Deny => deny::check().map(|gaps| tally.unproven.extend(gaps)),
    }
}

fn cargo(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(repo::cargo());
    command.args(arguments).current_dir(repo::root()).env("SQLX_OFFLINE", "true").stdin(Stdio::null());
    ensure!(command.status().context("cannot run cargo")?.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

/// Runs those of the workspace's tests that are meant, with hotels placed so, shows what they say and counts their results.
fn tests(meant: &[&str], placement: &str, scratch: &Scratch, tally: &mut Tally) -> Result<()> {
    let programs = Programs::build_workspace()?;
    let chromedriver = install::on_path("chromedriver").context("no chromedriver")?;
    let mut command = Command::new(repo::cargo());
    command.args(["test", "--workspace", "--no-fail-fast"]).args(meant).current_dir(repo::root());
    command.env("HOTELHUB_TEST_PLACEMENT", placement);
    command.env("SQLX_OFFLINE", "true").env("HOTELHUB_BIN_DIR", programs.folder());
    command.env("HOTELHUB_TEST_POSTGRES", scratch.postgres().dsn("postgres"));
    command.env("HOTELHUB_TEST_REDIS", scratch.redis().url());
    command.envs(scratch.s3().map(|s3| ("HOTELHUB_TEST_S3", s3.url())));
    command.env("HOTELHUB_TEST_CHROMEDRIVER", chromedriver);
    command.env("HOTELHUB_XTASK", programs.folder().join("xtask"));
    command.env("HOTELHUB_TEST_DIR", scratch.folder());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let failed_before = tally.failed;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.context("the tests said something unreadable")?;
        println!("{line}");
        tally.count(&line);
    }
    if !child.wait()?.success() && tally.failed == failed_before {
        bail!("a test program broke off or did not build");
    }
    Ok(())
}

impl Tally {
    /// Adds a line like `test result: ok. 9 passed; 0 failed; 0 ignored; …`; any other counts for nothing.
    fn count(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let number = |what: &str| {
            let words: Vec<&str> = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        self.passed += number("passed").unwrap_or(0);
        self.failed += number("failed").unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn results_are_counted_over_all_test_programs() {
        let mut tally = Tally::default();
        tally.count("running 9 tests");
        tally.count("test result: ok. 9 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        tally.count("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s");
        assert_eq!(tally, Tally { passed: 12, failed: 2, unproven: Vec::new() });
    }
}
