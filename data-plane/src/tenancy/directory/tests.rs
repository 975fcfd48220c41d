//! The routing table under changes, old snapshots and many readers.
use hotelhub_kernel::{Host, Slug, TenantId};
use hotelhub_protocol::{
    Change, Cluster, ClusterId, Delta, Deltas, Limits, NodeMark, Notices, Placement, Reserved, Role, Route, Snapshot,
    TenantStatus,
};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Applied, Directory};

fn route(n: u128, hosts: &[&str]) -> Route {
    let name = format!("t_{n:032x}");
    Route {
        tenant: TenantId(Uuid::from_u128(n)),
        slug: Slug::parse(&format!("hotel-{n}")).unwrap(),
        name: format!("Hotel {n}"),
        hosts: hosts.iter().map(|host| Host::parse(host).unwrap()).collect(),
        status: TenantStatus::Active,
        placement: Placement {
            cluster: ClusterId("main".to_owned()),
            database: name.clone(),
            schema: None,
            role: name,
            generation: 1,
        },
        limits: Limits { connections: 4, rooms: 42, users: None },
        features: Vec::new(),
        notices: Notices::default(),
    }
}

fn snapshot(version: u64, routes: Vec<Route>) -> Snapshot {
    Snapshot { version, taken_at: Timestamp::UNIX_EPOCH, departed: 0, clusters: vec![cluster(5432)], routes }
}

fn cluster(port: u16) -> Cluster {
    Cluster { id: ClusterId("main".to_owned()), host: "127.0.0.1".to_owned(), port, reserved: Vec::new() }
}

fn put(version: u64, route: Route) -> Delta {
    Delta { version, change: Change::Route(Box::new(route)) }
}

fn gone(version: u64, n: u128) -> Delta {
    Delta { version, change: Change::Gone { tenant: TenantId(Uuid::from_u128(n)) } }
}

fn apply(directory: &Directory, deltas: Vec<Delta>) -> Applied {
    directory.apply_deltas(Deltas { since: directory.version(), deltas })
}

/// The number of the tenant at a host.
fn at(directory: &Directory, host: &str) -> Option<u128> {
    directory.find(host, |entry| entry.route.tenant.0.as_u128())
}

fn filled() -> Directory {
    let directory = Directory::default();
    let routes = vec![route(1, &["one.hotelhub.id"]), route(2, &["two.hotelhub.id", "hotel-dua.co.id"])];
    directory.apply_snapshot(snapshot(5, routes));
    directory
}

#[test]
fn nobody_lives_in_an_empty_directory() {
    let directory = Directory::default();
    assert!(!directory.is_filled());
    assert_eq!(at(&directory, "one.hotelhub.id"), None);
    assert_eq!(apply(&directory, vec![put(1, route(1, &["one.hotelhub.id"]))]), Applied::Gap);
}

#[test]
fn a_tenant_is_found_at_each_of_its_hosts_and_by_its_id() {
    let directory = filled();
    assert_eq!(at(&directory, "one.hotelhub.id"), Some(1));
    assert_eq!(at(&directory, "two.hotelhub.id"), Some(2));
    assert_eq!(at(&directory, "hotel-dua.co.id"), Some(2));
    assert_eq!(at(&directory, "hotelhub.id"), None);
    assert!(directory.by_id(TenantId(Uuid::from_u128(2))).is_some());
}

#[test]
fn deltas_are_applied_in_order_and_twice_is_once() {
    let directory = filled();
    let deltas = vec![put(6, route(3, &["three.hotelhub.id"])), gone(7, 1)];
    assert_eq!(apply(&directory, deltas.clone()), Applied::Done);
    assert_eq!(apply(&directory, deltas), Applied::Done);
    assert_eq!((directory.version(), at(&directory, "three.hotelhub.id")), (7, Some(3)));
    assert_eq!(at(&directory, "one.hotelhub.id"), None);
    assert!(directory.by_id(TenantId(Uuid::from_u128(1))).is_none());
    assert_eq!(apply(&directory, vec![gone(9, 2)]), Applied::Gap);
    assert_eq!(at(&directory, "two.hotelhub.id"), Some(2), "what does not fit is not applied");
}

#[test]
fn an_older_snapshot_is_passed_over_and_a_newer_one_replaces_all() {
    let directory = filled();
    directory.apply_snapshot(snapshot(4, Vec::new()));
    assert_eq!(at(&directory, "one.hotelhub.id"), Some(1));
    directory.apply_snapshot(snapshot(8, vec![route(2, &["two.hotelhub.id"])]));
    assert_eq!(at(&directory, "one.hotelhub.id"), None);
    assert_eq!(at(&directory, "hotel-dua.co.id"), None, "a host it no longer has");
    assert_eq!((directory.version(), at(&directory, "two.hotelhub.id")), (8, Some(2)));
}

#[test]
fn a_host_that_changed_hands_stays_with_its_new_tenant_when_the_old_one_goes() {
    let directory = filled();
    assert_eq!(apply(&directory, vec![put(6, route(3, &["hotel-dua.co.id"]))]), Applied::Done);
    assert_eq!(at(&directory, "hotel-dua.co.id"), Some(3));
    apply(&directory, vec![gone(7, 2)]);
    assert_eq!((at(&directory, "hotel-dua.co.id"), at(&directory, "two.hotelhub.id")), (Some(3), None));
}

#[test]
fn who_only_reads_waits_for_no_change() {
    let directory = filled();
    let _turn = directory.turn();
    let (read, seen) = std::sync::mpsc::channel();
    let reader = directory.clone();
    std::thread::spawn(move || {
        let known = reader.cluster(&cluster(0).id).is_some() && reader.clusters().len() == 1 && reader.is_filled();
        read.send(known && at(&reader, "one.hotelhub.id").is_some() && reader.count() > 0)
    });
    assert_eq!(seen.recv_timeout(std::time::Duration::from_secs(10)), Ok(true));
}

#[test]
fn a_pool_outlives_a_new_name_and_not_a_new_placement_or_a_moved_server() {
    let directory = filled();
    let entry = || directory.by_id(TenantId(Uuid::from_u128(1))).unwrap();
    let first = entry();
    let mut renamed = route(1, &["one.hotelhub.id", "satu.co.id"]);
    renamed.name = "Satu".to_owned();
    apply(&directory, vec![put(6, renamed.clone())]);
    assert!(entry().shares_pool_with(&first));
    renamed.placement.generation = 2;
    apply(&directory, vec![put(7, renamed)]);
    let second = entry();
    assert!(!second.shares_pool_with(&first));
    let node = NodeMark::of_token("node-1.token");
    let reserved = vec![Reserved { node, role: Role::Serve, connections: 4 }];
    let reserving = Cluster { reserved: reserved.clone(), ..cluster(5432) };
    apply(&directory, vec![Delta { version: 8, change: Change::Cluster(reserving) }]);
    assert!(entry().shares_pool_with(&second));
    assert_eq!(directory.clusters()[0].reserved, reserved);
    apply(&directory, vec![Delta { version: 9, change: Change::Cluster(cluster(5433)) }]);
    assert!(!entry().shares_pool_with(&second));
    assert_eq!(at(&directory, "satu.co.id"), Some(1));
}

proptest! {
    /// Whatever comes, the table says the same as a plain map to which it was done one after the other.
    #[test]
    fn any_row_of_changes_reads_like_a_plain_map(changes in proptest::collection::vec((0_u128..6, 0_usize..4, any::<bool>()), 1..60)) {
        const HOSTS: [&str; 4] = ["a.hotelhub.id", "b.hotelhub.id", "c.hotelhub.id", "d.hotelhub.id"];
        let directory = Directory::default();
        directory.apply_snapshot(snapshot(0, Vec::new()));
        let mut plain = std::collections::HashMap::new();
        for (place, (tenant, host, stays)) in changes.into_iter().enumerate() {
            let version = u64::try_from(place).unwrap() + 1;
            plain.retain(|_, owner| *owner != tenant);
            let delta = if stays {
                plain.insert(HOSTS[host], tenant);
                put(version, route(tenant, &[HOSTS[host]]))
            } else {
                gone(version, tenant)
            };
            prop_assert_eq!(apply(&directory, vec![delta]), Applied::Done);
            for host in HOSTS {
                prop_assert_eq!(at(&directory, host), plain.get(host).copied());
            }
        }
    }
}
