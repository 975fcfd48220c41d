//! What every request parses: the host it was sent to, and a slug somebody wishes for.
use std::hint::black_box;

use criterion::Criterion;
use hotelhub_kernel::{Host, Slug};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    hosts(&mut criterion);
    slugs(&mut criterion);
    criterion.final_summary();
}

fn hosts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("host");
    let length = |host: &str| host.len();
    for (name, host) in [
        ("as browsers send it", "melati.hotelhub.id:8443"),
        ("in capitals, with a dot", "MELATI.HotelHub.ID."),
        ("an address", "192.0.2.17:8443"),
    ] {
        group.bench_function(name, |bench| bench.iter(|| black_box(Host::parsed(black_box(host), length))));
    }
    let longest = ["melati"; 40].join(".");
    group.bench_function("too long", |bench| bench.iter(|| black_box(Host::parsed(black_box(&longest), length))));
    group.finish();
}

fn slugs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("slug");
    for (name, slug) in [("taken as it is", "hotel-melati-2"), ("reserved", "signup"), ("refused", "Hotel Melati")] {
        group.bench_function(name, |bench| bench.iter(|| black_box(Slug::parse(black_box(slug)))));
    }
    group.bench_function("out of a hotel's name", |bench| {
        bench.iter(|| black_box(Slug::from_name(black_box("Hotel Melati & Spa, Jakarta"))));
    });
    group.finish();
}
