//! What a night costs and on which terms, per rate plan and room type.
use std::ops::Range;

use hotelhub_kernel::Rupiah;
use uuid::Uuid;

use super::chunks::NIGHTS;

/// A night without a price.
const UNPRICED: i16 = 0;

/// A night that is closed for sale.
const CLOSED: i16 = i16::MAX;

/// The prices of a chunk.
#[derive(Debug, Default)]
pub(in crate::hotel::availability) struct Prices {
    /// By rate plan and room type, in the order of their ids.
    products: Vec<((Uuid, Uuid), Rates)>,
}

/// The nights of one plan and type.
#[derive(Debug)]
struct Rates {
    /// In rupiah.
    price: [i32; NIGHTS],
    /// How many nights a stay has at least that holds this one; [`UNPRICED`] or [`CLOSED`] where it can have none.
    least: [i16; NIGHTS],
}

/// What a row says of a plan and type: the night at `places[i]` costs `prices[i]`.
pub(super) struct PricedNights<'a> {
    pub(super) places: &'a [i16],
    pub(super) prices: &'a [i32],
    pub(super) closed: &'a [bool],
    pub(super) min_nights: &'a [i16],
}

impl Prices {
    /// Takes the nights of a plan and type. They come once each.
    pub(super) fn put(&mut self, rate_plan: Uuid, room_type: Uuid, nights: &PricedNights<'_>) {
        let mut rates = Rates { price: [0; NIGHTS], least: [UNPRICED; NIGHTS] };
        let terms = nights.closed.iter().zip(nights.min_nights);
        for ((place, price), (closed, least)) in nights.places.iter().zip(nights.prices).zip(terms) {
            let place = usize::try_from(*place).unwrap_or(NIGHTS);
            if let (Some(of_night), Some(terms)) = (rates.price.get_mut(place), rates.least.get_mut(place)) {
                (*of_night, *terms) = (*price, if *closed { CLOSED } else { *least });
            }
        }
        let product = (rate_plan, room_type);
        let at = self.products.partition_point(|(known, _)| *known < product);
        self.products.insert(at, (product, rates));
    }

    /// What these nights cost in a stay of `stay` nights; nothing when one of them cannot be had so.
    pub(super) fn of(
        &self,
        rate_plan: Uuid,
        room_type: Uuid,
        places: Range<usize>,
        stay: i32,
    ) -> Option<impl Iterator<Item = Rupiah>> {
        let at = self.products.binary_search_by_key(&(rate_plan, room_type), |(known, _)| *known).ok()?;
        let (_, rates) = self.products.get(at)?;
        let sold = |least: &i16| *least != UNPRICED && *least != CLOSED && i32::from(*least) <= stay;
        let all_sold = rates.least.get(places.clone())?.iter().all(sold);
        let prices = rates.price.get(places)?.iter().map(|price| Rupiah(i64::from(*price)));
        all_sold.then_some(prices)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.products.capacity() * size_of::<((Uuid, Uuid), Rates)>()
    }
}
