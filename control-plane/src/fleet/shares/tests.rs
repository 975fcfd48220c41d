//! A budget is never overdrawn, and it is divided as promised.
use hotelhub_protocol::Role;
use proptest::prelude::*;

use super::{Claim, Seat, plan};

fn claim(node: &str, role: Role, granted: u32, holding: u32, alive: bool) -> Claim {
    Claim { seat: Seat { node: node.to_owned(), role }, granted, holding, alive }
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
        beats in prop::collection::vec((0_usize..6, fate()), 1..200),
    ) {
        let seats = |n: usize| -> &'static [Role] {
            [&[Role::Serve][..], &[Role::Work], &[Role::Serve, Role::Work, Role::Fleet]][n % 3]
        };
        let mut claims: Vec<Claim> = Vec::new();
        let mut truly: Vec<(Seat, u32)> = Vec::new();
        for (n, fate) in beats {
            let node = format!("n{n}");
            if matches!(fate, Fate::Silent) {
                claims.iter_mut().filter(|c| c.seat.node == node).for_each(|c| c.alive = false);
                continue;
            }
            for &role in seats(n) {
                let seat = Seat { node: node.clone(), role };
                let holding = truly.iter().find(|(s, _)| *s == seat).map_or(0, |(_, held)| *held);
                match claims.iter_mut().find(|c| c.seat == seat) {
                    Some(claim) => { claim.holding = holding; claim.alive = true; }
                    None => claims.push(Claim { seat, granted: 0, holding, alive: true }),
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
