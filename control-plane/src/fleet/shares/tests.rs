//! A budget is never overdrawn, and it is divided as promised.
mod reserve;

use hotelhub_protocol::Role;
use proptest::prelude::*;

use super::{Claim, Seat, plan};

fn claim(node: &str, role: Role, granted: u32, holding: u32, alive: bool) -> Claim {
    let seat = Seat { node: node.to_owned(), role };
    Claim { seat, granted, holding, wanted: None, reserved: 0, due: 0, alive }
}

fn amounts(budget: u32, claims: &[Claim], asking: &str) -> Vec<(Role, u32)> {
    plan(budget, claims, asking).into_iter().map(|(seat, amount)| (seat.role, amount)).collect()
}

#[test]
fn one_node_with_all_roles_gets_sixty_thirty_and_ten() {
    let claims = [Role::Serve, Role::Work, Role::Fleet].map(|role| claim("a", role, 0, 0, true));
    assert_eq!(amounts(100, &claims, "a"), [(Role::Serve, 60), (Role::Work, 30), (Role::Fleet, 10)]);
}

#[test]
fn where_no_fleet_and_no_work_is_there_the_web_has_it_all() {
    assert_eq!(amounts(100, &[claim("a", Role::Serve, 0, 0, true)], "a"), [(Role::Serve, 100)]);
}

#[test]
fn a_second_node_waits_until_the_first_has_let_go() {
    let full = claim("a", Role::Serve, 100, 100, true);
    let newcomer = claim("b", Role::Serve, 0, 0, true);
    assert_eq!(amounts(100, &[full.clone(), newcomer.clone()], "b"), [(Role::Serve, 0)]);
    assert_eq!(amounts(100, &[full, newcomer.clone()], "a"), [(Role::Serve, 50)]);
    let told = claim("a", Role::Serve, 50, 100, true);
    assert_eq!(amounts(100, &[told, newcomer.clone()], "b"), [(Role::Serve, 0)]);
    let let_go = claim("a", Role::Serve, 50, 50, true);
    assert_eq!(amounts(100, &[let_go, newcomer], "b"), [(Role::Serve, 50)]);
}

#[test]
fn a_node_cut_off_keeps_its_share_and_the_living_divide_the_rest() {
    let cut_off = claim("a", Role::Serve, 50, 50, false);
    let living = claim("b", Role::Serve, 50, 50, true);
    let third = claim("c", Role::Serve, 0, 0, true);
    assert_eq!(amounts(100, &[cut_off.clone(), living, third.clone()], "b"), [(Role::Serve, 25)]);
    let shrunk = claim("b", Role::Serve, 25, 25, true);
    assert_eq!(amounts(100, &[cut_off, shrunk, third], "c"), [(Role::Serve, 25)]);
}

fn wanting(claim: Claim, wanted: u32) -> Claim {
    Claim { wanted: Some(wanted), ..claim }
}

#[test]
fn what_one_node_does_not_want_is_lent_to_one_that_wants_more_and_comes_back() {
    let idle = wanting(claim("a", Role::Serve, 50, 50, true), 5);
    let busy = wanting(claim("b", Role::Serve, 50, 50, true), 70);
    // Half of a fair part is never lent.
    assert_eq!(amounts(100, &[idle.clone(), busy.clone()], "a"), [(Role::Serve, 30)]);
    assert_eq!(amounts(100, &[idle.clone(), busy.clone()], "b"), [(Role::Serve, 50)], "not before the other let go");
    let let_go = Claim { granted: 30, holding: 30, ..idle };
    assert_eq!(amounts(100, &[let_go.clone(), busy.clone()], "b"), [(Role::Serve, 70)]);
    let back = Claim { wanted: Some(60), ..let_go };
    let lent = Claim { granted: 70, holding: 70, ..busy };
    assert_eq!(amounts(100, &[back.clone(), lent.clone()], "b"), [(Role::Serve, 50)]);
    let returned = Claim { granted: 50, holding: 50, ..lent };
    assert_eq!(amounts(100, &[back, returned], "a"), [(Role::Serve, 50)]);
}

#[test]
fn work_and_fleet_lend_to_the_web_and_the_web_to_nobody_but_itself() {
    let claims = |web: u32, work: u32, fleet: u32| {
        let claim = |role, wanted| wanting(claim("a", role, 0, 0, true), wanted);
        [claim(Role::Serve, web), claim(Role::Work, work), claim(Role::Fleet, fleet)]
    };
    let shares = |web, work, fleet| amounts(100, &claims(web, work, fleet), "a");
    assert_eq!(shares(100, 0, 0), [(Role::Serve, 80), (Role::Work, 15), (Role::Fleet, 5)]);
    assert_eq!(shares(70, 30, 0), [(Role::Serve, 65), (Role::Work, 30), (Role::Fleet, 5)]);
    assert_eq!(shares(0, 100, 100), [(Role::Serve, 60), (Role::Work, 30), (Role::Fleet, 10)]);
    assert_eq!(shares(0, 0, 12), [(Role::Serve, 60), (Role::Work, 28), (Role::Fleet, 12)]);
}

#[test]
fn two_who_wish_more_share_what_is_lent() {
    let claims = [("a", 90), ("b", 60), ("c", 0), ("d", 0)];
    let claims = claims.map(|(node, wanted)| wanting(claim(node, Role::Serve, 0, 0, true), wanted));
    let of = |node: &str| amounts(120, &claims, node)[0].1;
    assert_eq!(["a", "b", "c", "d"].map(of), [50, 40, 15, 15]);
}

#[test]
fn one_that_borrowed_and_falls_silent_is_missed_by_all_in_proportion() {
    let lender = wanting(claim("a", Role::Serve, 18, 18, true), 60);
    let borrower = wanting(claim("b", Role::Serve, 67, 67, false), 67);
    let worker = wanting(claim("w", Role::Work, 15, 15, true), 30);
    let claims = [lender, borrower, worker];
    assert_eq!(amounts(100, &claims, "a"), [(Role::Serve, 18)]);
    assert_eq!(amounts(100, &claims, "w"), [(Role::Work, 15)]);
}

fn wanted_by(seat: Seat, holding: u32, wanted: Option<u32>) -> Claim {
    Claim { wanted, ..claim(&seat.node, seat.role, 0, holding, true) }
}

/// What happens to one heartbeat of one node.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Heard,
    AnswerLost,
    SlowToLetGo,
    Silent,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![Just(Fate::Heard), Just(Fate::AnswerLost), Just(Fate::SlowToLetGo), Just(Fate::Silent)]
}

proptest! {
    #[test]
    fn what_nodes_hold_never_passes_the_budget(
        budget in 1_u32..300,
        beats in prop::collection::vec((0_usize..6, fate(), prop::option::of(0_u32..400)), 1..200),
    ) {
        let seats = |n: usize| -> &'static [Role] {
            [&[Role::Serve][..], &[Role::Work], &[Role::Serve, Role::Work, Role::Fleet]][n % 3]
        };
        let mut claims: Vec<Claim> = Vec::new();
        let mut truly: Vec<(Seat, u32)> = Vec::new();
        for (n, fate, wanted) in beats {
            let node = format!("n{n}");
            if matches!(fate, Fate::Silent) {
                claims.iter_mut().filter(|c| c.seat.node == node).for_each(|c| c.alive = false);
                continue;
            }
            for &role in seats(n) {
                let seat = Seat { node: node.clone(), role };
                let holding = truly.iter().find(|(s, _)| *s == seat).map_or(0, |(_, held)| *held);
                match claims.iter_mut().find(|c| c.seat == seat) {
                    Some(claim) => (claim.holding, claim.wanted, claim.alive) = (holding, wanted, true),
                    None => claims.push(wanted_by(seat, holding, wanted)),
                }
            }
            for (seat, granted) in plan(budget, &claims, &node) {
                let claim = claims.iter_mut().find(|c| c.seat == seat).unwrap();
                claim.granted = granted;
                let held = match truly.iter_mut().find(|(s, _)| *s == seat) {
                    Some((_, held)) => held,
                    None => { truly.push((seat, 0)); &mut truly.last_mut().unwrap().1 }
                };
                match fate {
                    Fate::Heard => *held = granted,
                    // It takes on more at once and lets go of nothing yet.
                    Fate::SlowToLetGo => *held = granted.max(*held),
                    Fate::AnswerLost | Fate::Silent => {}
                }
            }
            let sum: u32 = truly.iter().map(|(_, held)| held).sum();
            prop_assert!(sum <= budget, "{sum} of {budget}: {truly:?}");
        }
    }

    #[test]
    fn after_a_few_quiet_rounds_everything_is_given_away(budget in 10_u32..300, nodes in 1_usize..6) {
        let mut claims: Vec<Claim> = (0..nodes)
            .flat_map(|n| [Role::Serve, Role::Work, Role::Fleet].map(|role| claim(&format!("n{n}"), role, 0, 0, true)))
            .collect();
        for _ in 0..4 {
            for n in 0..nodes {
                for (seat, granted) in plan(budget, &claims, &format!("n{n}")) {
                    let claim = claims.iter_mut().find(|c| c.seat == seat).unwrap();
                    (claim.granted, claim.holding) = (granted, granted);
                }
            }
        }
        prop_assert_eq!(claims.iter().map(|c| c.granted).sum::<u32>(), budget);
        let web: u32 = claims.iter().filter(|c| c.seat.role == Role::Serve).map(|c| c.granted).sum();
        prop_assert!(u64::from(web) * 100 >= u64::from(budget) * 60);
    }
}
