//! Measures the house and prints one figure a line, as JSON; `cargo xtask bench` makes the table.
mod compare;
mod figures;
mod floor;
mod frames;
mod load;
mod report;

fn main() {}
