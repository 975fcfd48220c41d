//! Connection shares over the wire.
use hotelhub_protocol::{BeatNumber, ClusterId, ClusterLoad, Heartbeat, Role, Share};
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::office::{CLUSTER, Office, beat};

pub(crate) fn holding(office: &Office, shares: &[Share], roles: &[Role]) -> Heartbeat {
    wanting(office, shares, None, roles)
}

fn wanting(office: &Office, shares: &[Share], wanted: Option<u32>, roles: &[Role]) -> Heartbeat {
    let cluster = ClusterId(CLUSTER.to_owned());
    let wanted = wanted.map(|connections| Share { cluster: cluster.clone(), role: roles[0], connections });
    let load = ClusterLoad {
        cluster,
        open: 0,
        holding: shares.to_vec(),
        wanted: wanted.into_iter().collect(),
        template: None,
        old_templates: Vec::new(),
        disk: None,
        keeps_backups: false,
        archives_wal: false,
    };
    Heartbeat { clusters: vec![load], ..beat(roles, office.clock.now()) }
}

pub(crate) fn amounts(shares: &[Share]) -> Vec<u32> {
    shares.iter().map(|share| share.connections).collect()
}

#[tokio::test]
async fn a_second_node_gets_its_half_once_the_first_has_let_go() {
    let office = Office::open().await;
    let roles = [Role::Serve];
    let (first, second) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let all = first.heartbeat(&holding(&office, &[], &roles)).await.shares;
    assert_eq!(amounts(&all), [100]);
    let none = second.heartbeat(&holding(&office, &[], &roles)).await;
    assert_eq!(amounts(&none.shares), [0]);
    let half = first.heartbeat(&holding(&office, &all, &roles)).await;
    assert_eq!(amounts(&half.shares), [50]);
    assert!(half.again_in_ms < 5_000, "others wait for what it lets go");
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &[], &roles)).await.shares), [0]);
    let settled = first.heartbeat(&holding(&office, &half.shares, &roles)).await;
    assert_eq!((amounts(&settled.shares), settled.again_in_ms), (vec![50], 5_000));
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &[], &roles)).await.shares), [50]);
}

#[tokio::test]
async fn what_a_quiet_node_does_not_want_goes_to_a_busy_one_until_it_is_wanted_again() {
    let office = Office::open().await;
    let roles = [Role::Serve];
    let nodes = [office.node("node-1", &roles).await, office.node("node-2", &roles).await];
    let mut held: [Vec<Share>; 2] = Default::default();
    // Each takes on what it is granted, and says so with its next beat.
    let mut settle = async |wanted: [u32; 2]| {
        for _ in 0..3 {
            for (n, node) in nodes.iter().enumerate() {
                let beat = wanting(&office, &held[n], Some(wanted[n]), &roles);
                held[n] = node.heartbeat(&beat).await.shares;
                assert!(held.iter().flatten().map(|share| share.connections).sum::<u32>() <= 100);
            }
        }
        [amounts(&held[0])[0], amounts(&held[1])[0]]
    };
    assert_eq!(settle([50, 50]).await, [50, 50]);
    assert_eq!(settle([3, 90]).await, [25, 75]);
    assert_eq!(settle([60, 90]).await, [50, 50]);
}

#[tokio::test]
async fn a_node_cut_off_keeps_its_share_until_staff_retire_it() {
    let office = Office::open().await;
    let roles = [Role::Serve];
    let (first, second) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let all = first.heartbeat(&holding(&office, &[], &roles)).await.shares;
    first.heartbeat(&holding(&office, &all, &roles)).await;
    office.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &[], &roles)).await.shares), [0]);
    let mut tx = office.app.db.begin().await.unwrap();
    assert!(hotelhub_control_plane::fleet::nodes::retire(&mut tx, "node-1", office.clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(amounts(&second.heartbeat(&holding(&office, &[], &roles)).await.shares), [100]);
    let gone = first.post("/node/v1/heartbeat", &serde_json::json!({})).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_node_gets_shares_only_for_roles_it_was_enrolled_for() {
    let office = Office::open().await;
    let node = office.node("node-1", &[Role::Serve, Role::Work]).await;
    let answer = node.heartbeat(&holding(&office, &[], &[Role::Serve, Role::Work, Role::Fleet])).await;
    let roles: Vec<Role> = answer.shares.iter().map(|share| share.role).collect();
    assert_eq!(roles, [Role::Serve, Role::Work]);
    assert_eq!(amounts(&answer.shares), [70, 30]);
}

/// The same beat with a number.
fn numbered(beat: Heartbeat, start: u64, number: u64) -> Heartbeat {
    Heartbeat { number: Some(BeatNumber { start, beat: number }), ..beat }
}

#[tokio::test]
async fn a_beat_that_was_held_up_on_its_way_frees_nothing_that_is_held_again() {
    let office = Office::open().await;
    let roles = [Role::Serve];
    let (first, second) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let nothing = || holding(&office, &[], &roles);
    let begun = first.heartbeat(&numbered(nothing(), 0, 1)).await;
    assert_eq!((begun.start, begun.shares.len()), (Some(1), 0), "a start is given a number before anything else");
    let all = first.heartbeat(&numbered(nothing(), 1, 2)).await;
    assert_eq!((all.start, amounts(&all.shares)), (None, vec![100]));
    let held_up = numbered(nothing(), 1, 3);
    first.heartbeat(&numbered(holding(&office, &all.shares, &roles), 1, 4)).await;
    assert_eq!(amounts(&second.heartbeat(&nothing()).await.shares), [0]);
    let late = first.heartbeat(&Heartbeat { requests_total: 7, ..held_up }).await;
    assert_eq!((late.start, amounts(&late.shares)), (None, vec![100]), "it is answered");
    // Did it count, the first would be granted its half, and the second the other beside what is held.
    assert_eq!(amounts(&second.heartbeat(&nothing()).await.shares), [0]);
    first.heartbeat(&numbered(nothing(), 1, 4)).await;
    assert_eq!(amounts(&second.heartbeat(&nothing()).await.shares), [0], "nor does the same number twice");
    let central = office.scratch.connect().await.unwrap();
    let told = "select (load->>'requests_total')::bigint from nodes where name = 'node-1'";
    assert_eq!(central.query_one(told, &[]).await.unwrap().get::<_, i64>(0), 0, "what it said is not shown either");
}

#[tokio::test]
async fn a_beat_of_a_process_that_has_ended_changes_nothing_of_the_one_that_lives() {
    let office = Office::open().await;
    let roles = [Role::Serve];
    let (first, second) = (office.node("node-1", &roles).await, office.node("node-2", &roles).await);
    let nothing = || holding(&office, &[], &roles);
    assert_eq!(first.heartbeat(&numbered(nothing(), 0, 1)).await.start, Some(1));
    first.heartbeat(&numbered(nothing(), 1, 2)).await;
    // It starts again, and what it said in its former life is still on its way.
    assert_eq!(first.heartbeat(&numbered(nothing(), 0, 1)).await.start, Some(2));
    let all = first.heartbeat(&numbered(nothing(), 2, 2)).await.shares;
    first.heartbeat(&numbered(holding(&office, &all, &roles), 2, 3)).await;
    assert_eq!(amounts(&second.heartbeat(&nothing()).await.shares), [0]);
    for held_up in [numbered(nothing(), 1, 9), numbered(nothing(), 0, 1)] {
        let answer = first.heartbeat(&held_up).await;
        assert!(answer.start.is_some_and(|start| start > 2));
        assert_eq!(amounts(&second.heartbeat(&nothing()).await.shares), [0]);
    }
    // The living one is asked to begin anew, and goes on at once.
    let again = first.heartbeat(&numbered(holding(&office, &all, &roles), 2, 4)).await;
    let start = again.start.expect("its start is not the known one any more");
    let half = first.heartbeat(&numbered(holding(&office, &all, &roles), start, 5)).await;
    assert_eq!((half.start, amounts(&half.shares)), (None, vec![50]));
}
