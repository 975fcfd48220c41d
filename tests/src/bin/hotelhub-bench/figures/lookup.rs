//! From a host to a tenant, while the table changes.
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hotelhub_data_plane::tenancy::Directory;
use hotelhub_kernel::{Entropy, Host};
use hotelhub_protocol::{Change, Delta, Deltas, Route};
use hotelhub_testkit::routing_table;

use crate::ALLOCATIONS;
use crate::compare::Compared;
use crate::report::Figure;

/// Hosts that nobody lives at.
const STRANGERS: usize = 1_000_000;

/// Lookups in one window.
const LOOKUPS: usize = 100_000;

/// Windows on each side.
const WINDOWS: usize = 151;

/// A hundred deltas a second.
const DELTA_EVERY: Duration = Duration::from_millis(10);

/// Looks the same hosts up in the same random order in both tables.
pub(crate) fn against_a_bare_hash(tenants: usize) -> Result<Vec<Figure>> {
    let snapshot = routing_table(tenants)?;
    let routes = snapshot.routes.clone();
    let bare: HashMap<String, Arc<Route>, RandomState> =
        routes.iter().filter_map(|route| Some((route.hosts.first()?.to_string(), Arc::new(route.clone())))).collect();
    let directory = Directory::default();
    directory.apply_snapshot(snapshot);
    let asked = asked(&routes);
    let stop = AtomicBool::new(false);
    let allocated = allocations_of_lookups(&directory, &asked);
    let pairs = std::thread::scope(|scope| {
        scope.spawn(|| change(&directory, &routes, &stop));
        let pairs: Vec<_> = (0..WINDOWS).map(|_| window(&directory, &bare, &asked)).collect();
        stop.store(true, Ordering::Relaxed);
        pairs
    });
    let name = match tenants {
        10_000 => "host to tenant, 10,000 tenants, 100 deltas/s",
        _ => "host to tenant, 100,000 tenants, 100 deltas/s",
    };
    #[expect(clippy::cast_precision_loss, reason = "a count that should be 0")]
    let allocated = allocated as f64;
    Ok(vec![
        Figure::ratio_at_most(name, "ns", &Compared::of(&pairs), 1.3, "<= 1.3x a bare hash lookup"),
        Figure::exact("allocations in 1,000,000 lookups", allocated, "allocations", allocated == 0.0, "0"),
    ])
}

/// A million hosts that nobody lives at, each another, as the resolver reads them out of a request.
pub(crate) fn of_nobody() -> Result<Vec<Figure>> {
    let directory = Directory::default();
    directory.apply_snapshot(routing_table(10_000)?);
    let strangers: Vec<String> = (0..STRANGERS).map(|n| format!("Siapa-{n}.hotelhub.id:443")).collect();
    let is_known = |host: &str| Host::parsed(host, |host| directory.by_host(host).is_some()).unwrap_or(true);
    // A thread's first lookup sets up its view of the table.
    black_box(is_known("nobody.test"));
    let before = ALLOCATIONS.stats();
    let begun = Instant::now();
    let known = strangers.iter().filter(|host| is_known(black_box(host))).count();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = begun.elapsed().as_secs_f64() * 1e9 / strangers.len() as f64;
    let after = ALLOCATIONS.stats();
    anyhow::ensure!(known == 0, "{known} of the strangers are known");
    #[expect(clippy::cast_precision_loss, reason = "a count that should be 0")]
    let kept = (after.bytes_allocated - before.bytes_allocated) as f64;
    Ok(vec![
        Figure::at_most("a host that nobody lives at", each, "ns", 1_000.0, "<= 1 µs"),
        Figure::exact("allocated for 1,000,000 different ones", kept, "bytes", kept == 0.0, "0"),
    ])
}

/// Each side comes first once and second once: whoever is second finds the hosts that are asked for in the cache.
fn window(directory: &Directory, bare: &HashMap<String, Arc<Route>, RandomState>, asked: &[String]) -> (f64, f64) {
    let ours = || time(asked, |host| directory.find(host, |entry| entry.route.limits.rooms == 42) == Some(true));
    let theirs = || time(asked, |host| bare.get(host).is_some_and(|route| route.limits.rooms == 42));
    let (first, theirs, ours) = (ours(), theirs() + theirs(), ours());
    ((first + ours) / 2.0, theirs / 2.0)
}

/// Nanoseconds per lookup.
fn time(asked: &[String], found: impl Fn(&str) -> bool) -> f64 {
    let start = Instant::now();
    let mut hits = 0_u32;
    for host in asked {
        hits += u32::from(found(black_box(host)));
    }
    black_box(hits);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = asked.len() as f64;
    start.elapsed().as_secs_f64() * 1e9 / count
}

/// Counted while the table stands still, for applying a delta allocates and the counter belongs to the whole process.
fn allocations_of_lookups(directory: &Directory, asked: &[String]) -> usize {
    // A thread's first lookup sets up its view of the table.
    black_box(directory.find("nobody.test", |_| ()));
    let before = ALLOCATIONS.stats().allocations;
    for host in asked.iter().cycle().take(1_000_000) {
        black_box(directory.by_host(black_box(host)));
    }
    ALLOCATIONS.stats().allocations - before
}

/// Applies a delta every ten milliseconds until it is told to end.
fn change(directory: &Directory, routes: &[Route], stop: &AtomicBool) {
    for route in routes.iter().cycle() {
        std::thread::sleep(DELTA_EVERY);
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let since = directory.version();
        let mut route = route.clone();
        route.name.push('\'');
        let delta = Delta { version: since + 1, change: Change::Route(Box::new(route)) };
        directory.apply_deltas(Deltas { since, deltas: vec![delta] });
    }
}

/// Hosts in an order that no cache foresees.
fn asked(routes: &[Route]) -> Vec<String> {
    let entropy = Entropy::seeded(2);
    let bound = u32::try_from(routes.len()).unwrap_or(u32::MAX);
    (0..LOOKUPS)
        .filter_map(|_| {
            let at = usize::try_from(entropy.below(bound)).ok()?;
            Some(routes.get(at)?.hosts.first()?.to_string())
        })
        .collect()
}
