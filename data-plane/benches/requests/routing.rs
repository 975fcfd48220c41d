//! Ten thousand hotels: a host looked up among them, and their table sealed by one plane and opened by the other.
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use hotelhub_data_plane::tenancy::Directory;
use hotelhub_kernel::Key;
use hotelhub_protocol::{FeedKey, Snapshot};
use hotelhub_testkit::routing_table;

const HOTELS: usize = 10_000;

pub(crate) fn lookups(criterion: &mut Criterion) {
    let table = routing_table(HOTELS).expect("the table is of our own making");
    let hosts: Vec<String> = table.routes.iter().flat_map(|route| &route.hosts).map(ToString::to_string).collect();
    let directory = Directory::default();
    directory.apply_snapshot(table);
    // A stride without a common factor visits every host in an order that no cache foresees.
    let mut hosts = (0..HOTELS).map(|n| hosts[n * 7_919 % HOTELS].as_str()).cycle();
    let mut group = criterion.benchmark_group("directory of 10,000");
    group.bench_function("a host", |bench| {
        bench.iter(|| directory.find(hosts.next().unwrap_or_default(), |entry| entry.route.limits.rooms));
    });
    group.bench_function("a stranger", |bench| {
        bench.iter(|| directory.find(black_box("nobody.hotelhub.id"), |entry| entry.route.limits.rooms));
    });
    group.finish();
}

pub(crate) fn snapshots(criterion: &mut Criterion) {
    let table = routing_table(HOTELS).expect("the table is of our own making");
    let key = FeedKey::new(&Key::new([7; 32]));
    let sealed = key.sign("snapshot", &table).expect("a snapshot is JSON");
    let mut group = criterion.benchmark_group("snapshot of 10,000 routes");
    group.sample_size(20).throughput(Throughput::Bytes(sealed.payload.len() as u64));
    group.bench_function("signed", |bench| bench.iter(|| key.sign("snapshot", black_box(&table))));
    let verifier = key.verifier();
    group.bench_function("verified and read", |bench| {
        bench.iter(|| verifier.open::<Snapshot>("snapshot", black_box(&sealed)));
    });
    let directory = || (Directory::default(), table.clone());
    group.bench_function("taken on", |bench| {
        bench.iter_batched(directory, |(empty, table)| empty.apply_snapshot(table), criterion::BatchSize::PerIteration);
    });
    group.finish();
}
