//! What was granted, and at least what is reserved.
use hotelhub_protocol::{ClusterId, Role, Share};

use super::super::rights::Rights;

fn share(server: &str, role: Role, connections: u32) -> Share {
    Share { cluster: ClusterId(server.to_owned()), role, connections }
}

fn at(server: &str) -> ClusterId {
    ClusterId(server.to_owned())
}

#[test]
fn before_anything_is_granted_a_node_has_what_is_reserved_for_it_and_no_more() {
    let mut rights = Rights::default();
    assert_eq!(rights.of(&at("main")), []);
    let changed = rights.reserve([share("main", Role::Serve, 4)]);
    assert_eq!(changed.into_iter().collect::<Vec<_>>(), [at("main")]);
    assert_eq!(rights.of(&at("main")), [share("main", Role::Serve, 4)]);
    assert_eq!(rights.of(&at("other")), []);
}

#[test]
fn what_is_granted_includes_what_is_reserved() {
    let mut rights = Rights::default();
    rights.reserve([share("main", Role::Serve, 4)]);
    rights.grant([share("main", Role::Serve, 20), share("main", Role::Work, 10)]);
    assert_eq!(rights.of(&at("main")), [share("main", Role::Serve, 20), share("main", Role::Work, 10)]);
    rights.grant([share("main", Role::Serve, 1), share("main", Role::Work, 10)]);
    assert_eq!(rights.of(&at("main")), [share("main", Role::Serve, 4), share("main", Role::Work, 10)]);
}

#[test]
fn what_is_reserved_no_more_is_used_no_more_and_the_same_again_changes_nothing() {
    let mut rights = Rights::default();
    rights.reserve([share("main", Role::Serve, 4), share("other", Role::Serve, 4)]);
    let changed = rights.reserve([share("main", Role::Serve, 4)]);
    assert_eq!(changed.into_iter().collect::<Vec<_>>(), [at("other")]);
    assert_eq!(rights.of(&at("other")), []);
    assert!(rights.reserve([share("main", Role::Serve, 4)]).is_empty());
}
