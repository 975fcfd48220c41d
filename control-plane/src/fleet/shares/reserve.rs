//! The rule by which a part of a budget is reserved for single nodes: each of them may live by it at any time, also while nobody is
//! there who could grant it a share.
use hotelhub_protocol::Role;

use super::model::part;
use super::{Claim, Seat};

/// One node's part of the reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose, and for which work.
    pub seat: Seat,
    /// How many it has. That is not taken back while the node is in service: an older routing table may tell it still.
    pub reserved: u32,
}

/// How many each of these is to have, who are in the order in which they came: `each`, as long as no more than half of a role's part of the
/// budget is reserved. Whoever has more keeps it.
pub fn dues(budget: u32, each: u32, places: &[Place]) -> Vec<u32> {
    let mut dues: Vec<u32> = places.iter().map(|place| place.reserved).collect();
    for role in [Role::Serve, Role::Work] {
        let of_role = |place: &Place| place.seat.role == role;
        let reserved = places.iter().filter(|place| of_role(place)).map(|place| place.reserved);
        let mut left = (part(budget, role) / 2).saturating_sub(reserved.fold(0, u32::saturating_add));
        for (due, _) in dues.iter_mut().zip(places).filter(|(_, place)| of_role(place)) {
            let more = each.saturating_sub(*due);
            if more <= left {
                *due += more;
                left -= more;
            }
        }
    }
    dues
}

/// Notes at each claim what is reserved for it and due to it. A node that never said that it does this work gets a claim.
pub fn with_places(mut claims: Vec<Claim>, places: &[Place], dues: &[u32]) -> Vec<Claim> {
    for (place, due) in places.iter().zip(dues) {
        let (seat, reserved, due) = (place.seat.clone(), place.reserved, *due);
        match claims.iter_mut().find(|claim| claim.seat == seat) {
            Some(claim) => (claim.reserved, claim.due) = (reserved, due),
            None if due > 0 => {
                claims.push(Claim { seat, granted: 0, holding: 0, wanted: None, reserved, due, alive: false });
            }
            None => {}
        }
    }
    claims
}

/// Reserves what is due, where it is free: what others may have or hold is not.
pub fn reserve(budget: u32, claims: &mut [Claim]) {
    for at in 0..claims.len() {
        let kept = claims.iter().fold(0, |sum: u32, claim| sum.saturating_add(claim.kept()));
        let claim = &mut claims[at];
        let more = claim.due.saturating_sub(claim.kept());
        if claim.due > claim.reserved && kept.saturating_add(more) <= budget {
            claim.reserved = claim.due;
        }
    }
}
