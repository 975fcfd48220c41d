//! Both planes read the same words.
use hotelhub_kernel::{Host, Key, Slug, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::{
    BadSignature, BeatNumber, Change, Cluster, ClusterId, Delta, Deltas, FeedKey, FeedVerifier, Heartbeat,
    HeartbeatAnswer, Limits, NodeMark, Notices, Order, OrderId, Outcome, Placement, Quarters, Report, Reserved, Role,
    Route, Snapshot, Task, TenantStatus, Usage,
};

fn melati() -> Route {
    Route {
        tenant: TenantId(Uuid::from_u128(1)),
        slug: Slug::parse("melati").unwrap(),
        name: "Hotel Melati".to_owned(),
        hosts: vec![Host::parse("melati.hotelhub.id").unwrap()],
        status: TenantStatus::Trial,
        placement: Placement {
            cluster: ClusterId("jkt-1".to_owned()),
            database: "t_1".to_owned(),
            schema: None,
            role: "t_1".to_owned(),
            generation: 1,
        },
        limits: Limits { connections: 8, rooms: 42, users: Some(15) },
        features: vec![],
        notices: Notices::default(),
    }
}

#[test]
fn a_delta_is_written_as_the_contract_shows() {
    let delta = Delta { version: 7, change: Change::Gone { tenant: TenantId(Uuid::from_u128(1)) } };
    let wire = json!({"version": 7, "change": "gone", "tenant": "00000000-0000-0000-0000-000000000001"});
    assert_eq!(serde_json::to_value(&delta).unwrap(), wire);
    let route = Delta { version: 8, change: Change::Route(Box::new(melati())) };
    let wire = serde_json::to_value(&route).unwrap();
    assert_eq!(wire["change"], "route");
    assert_eq!(wire["hosts"], json!(["melati.hotelhub.id"]));
    assert_eq!(serde_json::from_value::<Delta>(wire).unwrap(), route);
}

#[test]
fn a_report_is_written_as_the_contract_shows() {
    let report = Report {
        order: OrderId(Uuid::from_u128(2)),
        fence: 3,
        outcome: Outcome::Failed { reason: "the disk is full".to_owned() },
    };
    let wire = json!({
        "order": "00000000-0000-0000-0000-000000000002", "fence": 3,
        "outcome": "failed", "reason": "the disk is full"
    });
    assert_eq!(serde_json::to_value(&report).unwrap(), wire);
    assert_eq!(serde_json::from_value::<Report>(wire).unwrap(), report);
}

#[test]
fn an_envelope_opens_only_for_its_key_its_kind_and_its_own_words() {
    let key = FeedKey::new(&Key::new([1; 32]));
    let verifier = FeedVerifier::from_base64(&key.verifier().to_base64()).unwrap();
    let deltas = Deltas { since: 1, deltas: vec![Delta { version: 2, change: Change::Route(Box::new(melati())) }] };
    let signed = key.sign("deltas", &deltas).unwrap();
    assert_eq!(verifier.open::<Deltas>("deltas", &signed).unwrap(), deltas);

    assert_eq!(verifier.open::<Deltas>("snapshot", &signed), Err(BadSignature::Kind("deltas".to_owned())));
    let other = FeedKey::new(&Key::new([2; 32])).verifier();
    assert_eq!(other.open::<Deltas>("deltas", &signed), Err(BadSignature::Signature));
    let mut renamed = signed.clone();
    renamed.kind = "order".to_owned();
    assert_eq!(verifier.open::<Deltas>("order", &renamed), Err(BadSignature::Signature));
    let mut changed = signed;
    changed.payload = changed.payload.replace("melati", "mawar2");
    assert_eq!(verifier.open::<Deltas>("deltas", &changed), Err(BadSignature::Signature));
}

#[test]
fn a_table_of_which_one_byte_is_another_or_the_end_is_missing_opens_for_nobody() {
    let key = FeedKey::new(&Key::new([1; 32]));
    let (taken_at, verifier) = (jiff::Timestamp::UNIX_EPOCH, key.verifier());
    let table = Snapshot { version: 7, taken_at, departed: 2, clusters: Vec::new(), routes: vec![melati()] };
    let bytes = serde_json::to_vec(&key.sign("snapshot", &table).unwrap()).unwrap();
    assert_eq!(verifier.read::<Snapshot>("snapshot", &bytes).unwrap().1, table);
    for at in 0..bytes.len() {
        let mut spoilt = bytes.clone();
        spoilt[at] ^= 1 << (at % 8);
        assert!(verifier.read::<Snapshot>("snapshot", &spoilt).is_err(), "byte {at}");
        assert!(verifier.read::<Snapshot>("snapshot", &bytes[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_table_of_an_older_control_plane_says_that_nobody_left() {
    let wire = json!({"version": 7, "taken_at": "2026-07-03T02:00:00Z", "clusters": [], "routes": []});
    assert_eq!(serde_json::from_value::<Snapshot>(wire).unwrap().departed, 0);
}

#[test]
fn an_order_of_a_task_this_version_does_not_know_is_refused_not_guessed() {
    let key = FeedKey::new(&Key::new([1; 32]));
    let order = json!({
        "id": Uuid::nil(), "fence": 1, "leased_until": "2026-01-01T00:00:00Z", "task": {"task": "paint_the_walls"}
    });
    let signed = key.sign("order", &order).unwrap();
    assert!(matches!(key.verifier().open::<Order>("order", &signed), Err(BadSignature::Payload(_))));
    let known = Task::PrepareDatabase {
        cluster: ClusterId("jkt-1".to_owned()),
        database: "t_1".to_owned(),
        template: "1".to_owned(),
    };
    assert_eq!(serde_json::to_value(known).unwrap()["task"], "prepare_database");
}

#[test]
fn a_placement_is_a_database_or_a_schema_and_its_name_says_which() {
    let (own, shared) = (format!("t_{:032x}", 7), format!("s_{:032x}.t_{:032x}", 1, 7));
    let placed = |name: &str| Placement::at(ClusterId("jkt-1".to_owned()), name, 3);
    let (alone, among_others) = (placed(&own).unwrap(), placed(&shared).unwrap());
    assert_eq!((&alone.database, &alone.schema, &alone.role), (&own, &None, &own));
    assert_eq!(
        (&among_others.database[..2], &among_others.schema, &among_others.role),
        ("s_", &Some(own.clone()), &own)
    );
    assert_eq!([alone.quarters(), among_others.quarters()], [own.clone(), shared.clone()]);
    assert_eq!(Quarters::parse(&own).map(Quarters::schema), Some("public"));
    assert!(serde_json::to_value(&alone).unwrap().get("schema").is_none(), "older nodes read it as they did");
    let long = format!("{shared}.t_{:032x}", 7);
    for wrong in ["", "public", "t_7", &shared[..34], &format!("{own}.{own}"), &own.to_uppercase(), &long] {
        assert_eq!(placed(wrong), None, "{wrong}");
    }
}

#[test]
fn a_server_of_which_nothing_is_reserved_is_written_as_it_always_was() {
    let wire = json!({"id": "jkt-1", "host": "10.0.0.7", "port": 5432});
    let mut cluster: Cluster = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(serde_json::to_value(&cluster).unwrap(), wire);
    let node = NodeMark::of_token("node-1.token");
    cluster.reserved = vec![Reserved { node, role: Role::Serve, connections: 4 }];
    let delta = Delta { version: 9, change: Change::Cluster(cluster) };
    let wire = serde_json::to_value(&delta).unwrap();
    assert_eq!(wire["reserved"][0]["connections"], 4);
    assert_eq!(serde_json::from_value::<Delta>(wire).unwrap(), delta);
}

#[test]
fn a_node_is_marked_by_its_token_and_the_mark_tells_neither_the_token_nor_what_is_kept_of_it() {
    let digest = hotelhub_kernel::sha256(b"node-1.token");
    let mark = NodeMark::of_token("node-1.token");
    assert_eq!(mark, NodeMark::of_digest(&digest));
    assert_ne!(mark, NodeMark::of_token("node-1.another"));
    let wire = serde_json::to_value(&mark).unwrap();
    assert!(!hotelhub_kernel::hex(&digest).contains(wire.as_str().unwrap()));
}

#[test]
fn a_beat_is_numbered_and_one_of_an_older_node_is_not() {
    let number = Some(BeatNumber { start: 3, beat: 7 });
    let beat = Heartbeat {
        version: "0.1.0".to_owned(),
        roles: vec![Role::Serve],
        started_at: jiff::Timestamp::UNIX_EPOCH,
        routes_version: 0,
        requests_total: 0,
        resident_bytes: 0,
        usage: Usage::default(),
        clusters: Vec::new(),
        copying: Vec::new(),
        number,
    };
    let mut wire = serde_json::to_value(&beat).unwrap();
    assert_eq!(wire["number"], json!({"start": 3, "beat": 7}));
    assert_eq!(serde_json::from_value::<Heartbeat>(wire.clone()).unwrap(), beat);
    wire.as_object_mut().unwrap().remove("number");
    assert_eq!(serde_json::from_value::<Heartbeat>(wire).unwrap().number, None);
    let answer: HeartbeatAnswer = serde_json::from_value(json!({"shares": [], "again_in_ms": 5_000})).unwrap();
    assert_eq!(answer.start, None);
}
