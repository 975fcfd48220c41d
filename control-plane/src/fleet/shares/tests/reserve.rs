//! What is reserved is there for its node whatever happens, and is not more than was meant.
use std::collections::BTreeMap;

use hotelhub_protocol::Role;
use proptest::prelude::*;

use super::super::{Claim, Place, Seat, dues, plan, reserve, with_places};
use super::{amounts, claim};

fn place(node: &str, role: Role, reserved: u32) -> Place {
    Place { seat: Seat { node: node.to_owned(), role }, reserved }
}

/// A claim for which so many are reserved, and to be.
fn with_reserve(claim: Claim, reserved: u32) -> Claim {
    Claim { reserved, due: reserved, ..claim }
}

#[test]
fn half_of_a_roles_part_is_reserved_at_most_for_those_who_came_first() {
    let places = ["a", "b", "c", "d"].map(|node| place(node, Role::Serve, 0));
    // The web's part of 40 is 24.
    assert_eq!(dues(40, 4, &places), [4, 4, 4, 0]);
    assert_eq!(dues(40, 0, &places), [0; 4]);
    let mixed = [place("a", Role::Serve, 0), place("w", Role::Work, 0), place("x", Role::Work, 0)];
    assert_eq!(dues(40, 4, &mixed), [4, 4, 0]);
}

#[test]
fn who_has_something_reserved_keeps_it_whatever_the_setting_is_and_whoever_came_before() {
    let places = [place("a", Role::Serve, 0), place("b", Role::Serve, 6), place("c", Role::Serve, 6)];
    assert_eq!(dues(40, 4, &places), [0, 6, 6]);
    assert_eq!(dues(40, 0, &places), [0, 6, 6]);
    assert_eq!(dues(10, 2, &places), [0, 6, 6]);
}

#[test]
fn nothing_is_reserved_that_somebody_may_have_and_whoever_has_it_makes_room() {
    let full = claim("a", Role::Serve, 100, 100, true);
    let places = [place("a", Role::Serve, 0), place("b", Role::Serve, 0)];
    let mut claims = with_places(vec![full.clone()], &places, &dues(100, 4, &places));
    reserve(100, &mut claims);
    assert_eq!(claims.iter().map(|claim| claim.reserved).collect::<Vec<_>>(), [4, 0], "its own it has anyway");
    assert_eq!(amounts(100, &claims, "a"), [(Role::Serve, 96)]);
    let let_go = Claim { granted: 96, holding: 96, ..full };
    let mut claims = with_places(vec![let_go], &places, &dues(100, 4, &places));
    reserve(100, &mut claims);
    assert_eq!(claims.iter().map(|claim| claim.reserved).collect::<Vec<_>>(), [4, 4]);
    assert_eq!(amounts(100, &claims, "a"), [(Role::Serve, 96)]);
}

#[test]
fn a_lonely_node_that_is_heard_again_has_its_reserve_first_and_its_share_when_others_have_let_go() {
    let full = with_reserve(claim("a", Role::Serve, 96, 96, true), 4);
    let lonely = with_reserve(claim("b", Role::Serve, 0, 4, true), 4);
    assert_eq!(amounts(100, &[full.clone(), lonely.clone()], "b"), [(Role::Serve, 4)]);
    assert_eq!(amounts(100, &[full.clone(), lonely.clone()], "a"), [(Role::Serve, 50)]);
    let let_go = Claim { granted: 50, holding: 50, ..full };
    assert_eq!(amounts(100, &[let_go, lonely], "b"), [(Role::Serve, 50)]);
}

#[test]
fn nobody_is_granted_or_lends_below_the_reserve() {
    let few: Vec<Claim> = (0..6)
        .map(|n| with_reserve(claim(&format!("n{n}"), Role::Serve, 0, 0, true), if n == 5 { 6 } else { 0 }))
        .map(|claim| Claim { wanted: Some(if claim.reserved > 0 { 0 } else { 100 }), ..claim })
        .collect();
    // Evenly each would have four.
    let of = |n: usize| amounts(24, &few, &format!("n{n}"))[0].1;
    assert_eq!([0, 1, 2, 3, 4, 5].map(of), [4, 4, 4, 3, 3, 6]);
}

#[test]
fn a_node_enrolled_for_work_that_never_came_keeps_its_reserve_and_not_its_roles_part() {
    let web = claim("a", Role::Serve, 0, 0, true);
    let asleep = with_reserve(claim("w", Role::Work, 0, 0, false), 4);
    assert_eq!(amounts(100, &[web, asleep], "a"), [(Role::Serve, 96)]);
}

/// What happens to one node.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Heard,
    AnswerLost,
    SlowToLetGo,
    /// It is not heard, and lives on.
    CutOff,
    /// It starts again without a disk, and nobody hears it.
    Lonely,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Heard),
        Just(Fate::AnswerLost),
        Just(Fate::SlowToLetGo),
        Just(Fate::CutOff),
        Just(Fate::Lonely)
    ]
}

/// Six nodes, what is known of them, and what they truly use.
struct Sky {
    claims: Vec<Claim>,
    truly: BTreeMap<Seat, u32>,
}

impl Sky {
    fn roles(n: usize) -> &'static [Role] {
        [&[Role::Serve][..], &[Role::Work], &[Role::Serve, Role::Work, Role::Fleet]][n % 3]
    }

    fn seats(n: usize) -> impl Iterator<Item = Seat> {
        Self::roles(n).iter().map(move |&role| Seat { node: format!("n{n}"), role })
    }

    fn reserved(&self, seat: &Seat) -> u32 {
        self.claims.iter().find(|claim| claim.seat == *seat).map_or(0, |claim| claim.reserved)
    }

    fn unheard(&mut self, n: usize, fate: Fate) {
        for seat in Self::seats(n) {
            let held = if matches!(fate, Fate::Lonely) { 0 } else { self.truly.get(&seat).copied().unwrap_or(0) };
            self.claims.iter_mut().filter(|claim| claim.seat == seat).for_each(|claim| claim.alive = false);
            let reserved = self.reserved(&seat);
            self.truly.insert(seat, held.max(reserved));
        }
    }

    fn heard(&mut self, n: usize, fate: Fate, budget: u32, each: u32) {
        for seat in Self::seats(n) {
            let holding = self.truly.get(&seat).copied().unwrap_or(0);
            match self.claims.iter_mut().find(|claim| claim.seat == seat) {
                Some(claim) => (claim.holding, claim.alive) = (holding, true),
                None => self.claims.push(Claim { holding, ..claim(&seat.node, seat.role, 0, 0, true) }),
            }
        }
        let first = |n: usize| Self::seats(n).next().unwrap();
        let places: Vec<Place> = (0..6).map(|n| Place { reserved: self.reserved(&first(n)), seat: first(n) }).collect();
        let claims = with_places(std::mem::take(&mut self.claims), &places, &dues(budget, each, &places));
        self.claims = claims;
        reserve(budget, &mut self.claims);
        for (seat, granted) in plan(budget, &self.claims, &format!("n{n}")) {
            let claim = self.claims.iter_mut().find(|claim| claim.seat == seat).unwrap();
            claim.granted = granted;
            let reserved = claim.reserved;
            let held = self.truly.entry(seat).or_default();
            match fate {
                Fate::Heard => *held = granted.max(reserved),
                Fate::SlowToLetGo => *held = granted.max(*held),
                Fate::AnswerLost | Fate::CutOff | Fate::Lonely => {}
            }
        }
    }

    /// What the server would see if every node used now what it may.
    fn most(&self) -> u32 {
        let seats = (0..6).flat_map(Self::seats);
        seats.map(|seat| self.truly.get(&seat).copied().unwrap_or(0).max(self.reserved(&seat))).sum()
    }
}

proptest! {
    #[test]
    fn whoever_starts_alone_and_however_many_the_budget_is_never_passed(
        budget in 1_u32..300,
        beats in prop::collection::vec((0_usize..6, fate(), 0_u32..12), 1..200),
    ) {
        let mut sky = Sky { claims: Vec::new(), truly: BTreeMap::new() };
        for (n, fate, each) in beats {
            match fate {
                Fate::CutOff | Fate::Lonely => sky.unheard(n, fate),
                _ => sky.heard(n, fate, budget, each),
            }
            prop_assert!(sky.most() <= budget, "{} of {budget}: {:?}", sky.most(), sky.truly);
        }
    }

    #[test]
    fn what_is_not_reserved_for_nodes_that_never_came_is_all_given_away(
        budget in 60_u32..300,
        nodes in 1_usize..5,
        asleep in 0_usize..5,
    ) {
        let names: Vec<String> = (0..nodes + asleep).map(|n| format!("n{n}")).collect();
        let mut claims: Vec<Claim> = names[..nodes]
            .iter()
            .flat_map(|node| [Role::Serve, Role::Work, Role::Fleet].map(|role| claim(node, role, 0, 0, true)))
            .collect();
        for _ in 0..6 {
            for node in &names[..nodes] {
                let reserved = |node: &str| {
                    let seat = Seat { node: node.to_owned(), role: Role::Serve };
                    claims.iter().find(|claim| claim.seat == seat).map_or(0, |claim| claim.reserved)
                };
                let places: Vec<Place> = names.iter().map(|node| place(node, Role::Serve, reserved(node))).collect();
                claims = with_places(std::mem::take(&mut claims), &places, &dues(budget, 4, &places));
                reserve(budget, &mut claims);
                for (seat, granted) in plan(budget, &claims, node) {
                    let claim = claims.iter_mut().find(|claim| claim.seat == seat).unwrap();
                    (claim.granted, claim.holding) = (granted, granted);
                }
            }
        }
        let sleepers: u32 = claims.iter().filter(|claim| !claim.alive).map(|claim| claim.reserved).sum();
        prop_assert_eq!(claims.iter().map(|claim| claim.granted).sum::<u32>() + sleepers, budget);
        let granted = |role| claims.iter().filter(|c| c.seat.role == role).map(|c| c.granted).sum::<u32>();
        prop_assert!(u64::from(granted(Role::Serve) + sleepers) * 100 >= u64::from(budget) * 60);
    }
}
