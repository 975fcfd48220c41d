//! What a session's cookie costs before anybody is asked: the mark of a real one, and of one that was invented.
use std::hint::black_box;

use criterion::Criterion;
use hotelhub_identity::SessionToken;
use hotelhub_kernel::{Entropy, Key};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (ours, theirs) = (Key::new([7; 32]), Key::new([8; 32]));
    let entropy = Entropy::seeded(1);
    let real = SessionToken::mint(&ours, &entropy).as_cookie();
    let foreign = SessionToken::mint(&theirs, &entropy).as_cookie();
    let mut group = criterion.benchmark_group("session token");
    for (name, cookie) in [("real", real.as_str()), ("of another hotel", &foreign), ("of another shape", "deadbeef")] {
        group.bench_function(name, |bench| bench.iter(|| black_box(SessionToken::read(&ours, black_box(cookie)))));
    }
    group.bench_function("minted", |bench| bench.iter(|| black_box(SessionToken::mint(&ours, &entropy))));
    group.finish();
    criterion.final_summary();
}
