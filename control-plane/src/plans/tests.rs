//! A house gets the plan its rooms need, or a larger one.
use hotelhub_kernel::Rupiah;
use uuid::Uuid;

use super::{PlacedIn, Plan, Price, Refusal, choose};

fn plans() -> Vec<Plan> {
    [("starter", Some(19)), ("growth", Some(49)), ("pro", Some(149)), ("enterprise", None)]
        .map(|(id, rooms_to)| Plan {
            id: id.to_owned(),
            name: id.to_owned(),
            rooms_from: 1,
            rooms_to,
            users: None,
            price: Price::PerRoom(Rupiah(1)),
            price_id: Uuid::nil(),
            features: vec![],
            placed_in: PlacedIn::Database,
        })
        .to_vec()
}

#[test]
fn without_a_wish_the_smallest_plan_that_covers_the_rooms_is_taken() {
    let plans = plans();
    let taken = |rooms| choose(&plans, rooms, None).unwrap().id.as_str();
    assert_eq!(
        [1, 19, 20, 49, 50, 149, 150, 900].map(taken),
        ["starter", "starter", "growth", "growth", "pro", "pro", "enterprise", "enterprise"]
    );
}

#[test]
fn a_larger_plan_may_be_chosen_a_smaller_one_never() {
    let plans = plans();
    assert_eq!(choose(&plans, 5, Some("pro")).unwrap().id, "pro");
    assert_eq!(choose(&plans, 20, Some("starter")), Err(Refusal::TooSmall));
    assert_eq!(choose(&plans, 20, Some("gold")), Err(Refusal::Unknown));
}
