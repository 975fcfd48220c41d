//! A price split into net, service charge and PB1.
use std::hint::black_box;

use criterion::Criterion;
use hotelhub_data_plane::hotel::taxes::{TaxRule, Taxes};
use hotelhub_kernel::{BasisPoints, Rupiah};

/// Ten and ten, on prices that hold both.
const INCLUSIVE: TaxRule = TaxRule {
    service: BasisPoints(1_000),
    pb1: BasisPoints(1_000),
    pb1_base_includes_service: true,
    prices_include_tax: true,
};

pub(crate) fn splits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("taxes");
    let exclusive = TaxRule { prices_include_tax: false, ..INCLUSIVE };
    for (name, rule) in [("split out of a gross price", INCLUSIVE), ("added to a net price", exclusive)] {
        group.bench_function(name, |bench| bench.iter(|| black_box(rule.split(black_box(Rupiah(1_000_001))))));
    }
    let nights = [Rupiah(850_000); 14];
    group.bench_function("fourteen nights and their sum", |bench| {
        bench.iter(|| Taxes::checked_sum(black_box(nights).into_iter().filter_map(|night| INCLUSIVE.split(night))));
    });
    group.finish();
}
