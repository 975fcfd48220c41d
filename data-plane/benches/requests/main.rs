//! The small things a node does for every request: whose it is, what the wire said, what a price consists of; and the table it learns them from.
mod prices;
mod routing;
mod wire;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    routing::lookups(&mut criterion);
    routing::snapshots(&mut criterion);
    wire::answers(&mut criterion);
    prices::splits(&mut criterion);
    criterion.final_summary();
}
