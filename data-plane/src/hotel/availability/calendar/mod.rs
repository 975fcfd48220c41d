//! A hotel's calendar as a search reads it: the house, and by chunks of 64 nights what is free and what it costs, all of one version.
//!
//! It is a value: what changes is another calendar. Where it comes from and who keeps it is the shelf's.
mod chunks;
mod house;
mod nights;
mod offers;
mod prices;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use self::chunks::parts;
use self::house::House;
use self::nights::Nights;
use self::prices::Prices;
use crate::hotel::reservations::Stay;

pub(crate) use self::store::STATEMENTS;
pub(super) use self::store::{chunks, house, version};

/// Which state of each part: tokens of `availability_version`, equal only where the parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    house: Uuid,
    nights: Uuid,
    prices: Uuid,
}

/// Chunks by their numbers, as they were in `version`.
#[derive(Debug)]
pub(super) struct Loaded {
    version: Version,
    nights: BTreeMap<i32, Nights>,
    prices: BTreeMap<i32, Prices>,
}

/// What a hotel sells. Everything in it is of its version.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    version: Version,
    house: Arc<House>,
    nights: BTreeMap<i32, Arc<Nights>>,
    prices: BTreeMap<i32, Arc<Prices>>,
}

/// The numbers of the chunks that a calendar lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    pub(super) nights: Vec<i32>,
    pub(super) prices: Vec<i32>,
}

impl Calendar {
    /// A calendar without nights.
    fn of(version: Version, house: House) -> Self {
        Self { version, house: Arc::new(house), nights: BTreeMap::new(), prices: BTreeMap::new() }
    }

    /// Whether nothing changed between this calendar and `version`.
    pub(super) fn is_of(&self, version: Version) -> bool {
        self.version == version
    }

    /// Moves on to `version`: what is another there is let go. False when the house is another; then nothing here is of use.
    pub(super) fn turn_to(&mut self, version: Version) -> bool {
        if self.version.house != version.house {
            return false;
        }
        if self.version.nights != version.nights {
            self.nights.clear();
        }
        if self.version.prices != version.prices {
            self.prices.clear();
        }
        self.version = version;
        true
    }

    /// Moves on to the version of what was loaded, and takes it. False when the house is another there.
    pub(super) fn take(&mut self, loaded: Loaded) -> bool {
        let fits = self.turn_to(loaded.version);
        self.nights.extend(loaded.nights.into_iter().map(|(chunk, nights)| (chunk, Arc::new(nights))));
        self.prices.extend(loaded.prices.into_iter().map(|(chunk, prices)| (chunk, Arc::new(prices))));
        fits
    }

    /// What is missing to search these stays. A stay that is not sold needs nothing.
    pub(super) fn lacking(&self, stays: impl IntoIterator<Item = Stay>) -> Lacking {
        let wanted = self.chunks_of(stays);
        Lacking {
            nights: wanted.iter().copied().filter(|chunk| !self.nights.contains_key(chunk)).collect(),
            prices: wanted.iter().copied().filter(|chunk| !self.prices.contains_key(chunk)).collect(),
        }
    }

    /// Every chunk of these stays, whether it is here or not.
    pub(super) fn whole(&self, stays: impl IntoIterator<Item = Stay>) -> Lacking {
        let wanted: Vec<i32> = self.chunks_of(stays).into_iter().collect();
        Lacking { nights: wanted.clone(), prices: wanted }
    }

    /// The calendar with no more than the chunks of these stays.
    pub(super) fn narrowed_to(&self, stays: impl IntoIterator<Item = Stay>) -> Self {
        let wanted = self.chunks_of(stays);
        let mut narrow = self.clone();
        narrow.nights.retain(|chunk, _| wanted.contains(chunk));
        narrow.prices.retain(|chunk, _| wanted.contains(chunk));
        narrow
    }

    /// How much memory it takes, in bytes and about.
    pub(super) fn bytes(&self) -> usize {
        let nights: usize = self.nights.values().map(|nights| nights.bytes()).sum();
        let prices: usize = self.prices.values().map(|prices| prices.bytes()).sum();
        self.house.bytes() + nights + prices
    }

    fn chunks_of(&self, stays: impl IntoIterator<Item = Stay>) -> BTreeSet<i32> {
        let sold = stays.into_iter().filter(|stay| stay.sold_on(self.house.business_date).is_ok());
        sold.flat_map(parts).map(|part| part.chunk).collect()
    }
}

impl Lacking {
    pub(super) fn is_nothing(&self) -> bool {
        self.nights.is_empty() && self.prices.is_empty()
    }
}
