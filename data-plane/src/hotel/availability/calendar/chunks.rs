//! Chunks of nights: the calendar is loaded and kept by them. Chunk 0 begins on 1 January 1970.
use std::ops::Range;

use jiff::civil::{Date, date};

use crate::hotel::reservations::Stay;

/// How many nights a chunk has.
pub(super) const NIGHTS: usize = 64;

/// The same as days are counted.
const LENGTH: i32 = 64;

/// The night that places are counted from.
const EPOCH: Date = date(1970, 1, 1);

/// The nights of a stay that lie in one chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of the chunk.
    pub(super) chunk: i32,
    /// The places of the nights in it, within 0..64.
    pub(super) places: Range<usize>,
}

/// The parts of a stay, in order: at most seven, for the longest stay.
pub(super) fn parts(stay: Stay) -> impl Iterator<Item = Part> + Clone {
    let (first, end) = (day(stay.arrival()), day(stay.departure()));
    (first.div_euclid(LENGTH)..=(end - 1).div_euclid(LENGTH)).map(move |chunk| {
        let start = chunk * LENGTH;
        Part { chunk, places: place(first - start)..place(end - start) }
    })
}

/// The place of a day that may lie before or behind the chunk.
fn place(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0).min(NIGHTS)
}

/// Days since the epoch; what stays are made of lies between the years 1900 and 2999.
fn day(date: Date) -> i32 {
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).expect("a date is less than 10 million days away")
}
