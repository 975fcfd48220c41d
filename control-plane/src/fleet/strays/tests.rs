//! What counts as a stray.
use std::collections::HashMap;

use hotelhub_protocol::{ClusterId, Inventory, is_shared};

use super::{Kind, Recorded, Stray, find};

fn seen(databases: &[&str], roles: &[&str]) -> Inventory {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let (shared, databases) = databases.iter().copied().partition::<Vec<&str>, _>(|name| is_shared(name));
    let cluster = ClusterId("jkt-1".to_owned());
    let (roles, slots) = (names(roles), Vec::new());
    Inventory { cluster, databases: names(&databases), roles, shared: names(&shared), slots, unread: Vec::new() }
}

fn found(recorded: &[(&str, Recorded)], seen: &Inventory) -> Vec<(Kind, String)> {
    let recorded: HashMap<_, _> = recorded.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect();
    find(&recorded, seen).into_iter().map(|Stray { kind, name }| (kind, name)).collect()
}

#[test]
fn what_is_there_as_recorded_is_no_stray() {
    let recorded =
        [("a", Recorded::There), ("b", Recorded::UnderWay), ("c", Recorded::UnderWay), ("d", Recorded::Gone)];
    assert_eq!(found(&recorded, &seen(&["a", "b"], &["a", "b"])), []);
}

#[test]
fn what_nobody_knows_of_and_what_should_be_gone_is_too_much() {
    let too_much = found(&[("left", Recorded::Gone)], &seen(&["left", "stranger"], &["left", "stranger", "alone"]));
    let of = |kind, name: &str| (kind, name.to_owned());
    assert_eq!(
        too_much,
        [of(Kind::UnknownDatabase, "stranger"), of(Kind::LeftDatabase, "left"), of(Kind::UnknownRole, "alone")]
    );
}

#[test]
fn what_a_hotel_lives_in_is_missed() {
    let recorded = [("gone", Recorded::There), ("shut", Recorded::There)];
    let missed = found(&recorded, &seen(&["shut"], &["gone"]));
    assert_eq!(missed, [(Kind::MissingDatabase, "gone".to_owned()), (Kind::MissingRole, "shut".to_owned())]);
}

#[test]
fn a_schema_of_a_shared_database_is_looked_for_as_a_database_is_and_its_role_by_its_own_name() {
    let role = |n: u8| format!("t_{n:032x}");
    let [one, shut, gone, stranger] = [1, 2, 3, 4].map(|n| format!("s_{:032x}.{}", 1, role(n)));
    let recorded = [&one, &shut, &gone].map(|home| (home.as_str(), Recorded::There));
    let strays = found(&recorded, &seen(&[&one, &shut, &stranger], &[&role(1), &role(4), &role(5)]));
    let wanted = [
        (Kind::UnknownDatabase, stranger),
        (Kind::UnknownRole, role(5)),
        (Kind::MissingDatabase, gone),
        (Kind::MissingRole, shut),
    ];
    assert_eq!(strays, wanted);
}

#[test]
fn of_what_lies_in_a_database_that_lets_nobody_in_nothing_is_said() {
    let [shut, own, inside] = [format!("s_{:032x}", 1), format!("t_{:032x}", 2), format!("t_{:032x}", 3)];
    let house = format!("{shut}.{inside}");
    let recorded =
        [(shut.as_str(), Recorded::UnderWay), (house.as_str(), Recorded::There), (own.as_str(), Recorded::There)];
    let mut seen = seen(&[&shut], &[&inside, "alone"]);
    seen.unread = vec![shut.clone()];
    assert_eq!(found(&recorded, &seen), [(Kind::MissingDatabase, own)]);
}

#[test]
fn a_shared_database_that_nobody_knows_of_is_found_and_one_that_is_known_is_not_missed() {
    let [known, gone, stranger] = [1, 2, 3].map(|n| format!("s_{n:032x}"));
    let recorded = [(known.as_str(), Recorded::UnderWay), (gone.as_str(), Recorded::Gone)];
    assert_eq!(
        found(&recorded, &seen(&[&known, &gone, &stranger], &[])),
        [(Kind::UnknownDatabase, stranger), (Kind::LeftDatabase, gone.clone())]
    );
    assert_eq!(found(&recorded, &seen(&[], &[])), []);
}

#[test]
fn every_kind_is_read_as_it_is_written() {
    assert!(Kind::ALL.into_iter().all(|kind| Kind::read(kind.as_str()) == Some(kind)));
}
