//! A POST that is sent twice has one effect and one answer.
use hotelhub_control_plane::once::forget_old;
use hotelhub_identity::{StaffRole, Totp};
use hotelhub_protocol::Role;
use hotelhub_testkit::Visitor;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::office::{CLUSTER, Node, Office, wish};

/// A POST that would succeed, and another body for the same door.
pub(crate) struct Post {
    pub(crate) door: &'static str,
    pub(crate) path: String,
    body: Value,
    other: Value,
    pub(crate) by: Visitor,
}

/// One for every POST of the schema.
pub(crate) async fn posts(office: &Office) -> Vec<Post> {
    let admin = office.staff(StaffRole::SuperAdmin).await;
    let made = hotelhub_control_plane::staff::create(&office.app, "wati@hotelhub.test", "Wati", StaffRole::Sales, None)
        .await
        .unwrap();
    let sql = office.scratch.connect().await.unwrap();
    let row = sql.query_one("select id, totp_secret from staff where email = 'wati@hotelhub.test'", &[]).await.unwrap();
    let (wati, phone): (uuid::Uuid, _) = (row.get(0), Totp::kept(row.get(1)).unwrap());
    let fleet = office.node("node-1", &[Role::Fleet]).await;
    office.node("node-2", &[Role::Serve]).await;
    assert_eq!(office.sign_up("melati").await.status, StatusCode::CREATED);
    let tenant: uuid::Uuid = sql.query_one("select id from tenants", &[]).await.unwrap().get(0);
    for _ in 0..8 {
        fleet.failed(&fleet.lease(0).await.unwrap(), "the disk is full").await;
        office.clock.advance(SignedDuration::from_secs(61));
    }
    let order: uuid::Uuid =
        sql.query_one("select id from work_orders where state = 'failed'", &[]).await.unwrap().get(0);
    let begun = "insert into rollouts (id, target, tolerated_bp, started_by, created_at)
                 values (gen_random_uuid(), '14-00000000', 200, 'Wati', now()) returning id";
    let rollout: uuid::Uuid = sql.query_one(begun, &[]).await.unwrap().get(0);
    let stray = "insert into strays (cluster_id, kind, name, first_seen_at, last_seen_at)
                 values ('jkt-1', 'unknown_database', 't_' || md5('stray'), now() - interval '1 hour', now()) returning name";
    let stray: String = sql.query_one(stray, &[]).await.unwrap().get(0);
    let (kept, restore) = backed_up(office, &fleet).await;
    let (drill, export) = under_way(office, &fleet).await;
    let (stays, moves) = on_the_move(office, &fleet).await;
    let awaited = "
        with awaited as (
            insert into imports (id, asked_by, wish, tenant_id, created_at, expires_at)
            values (gen_random_uuid(), 'Wati', $1::text::jsonb, gen_random_uuid(), now(), '2099-01-01') returning id)
        insert into import_pieces (import_id, number, id, bytes) select id, 0, gen_random_uuid(), 9 from awaited returning import_id";
    let import: uuid::Uuid = sql.query_one(awaited, &[&wish("kenari").to_string()]).await.unwrap().get(0);
    let code = phone.code_at(office.clock.now());
    let enter = |password: &str| json!({ "email": made.email, "password": password, "code": code });
    let joko = |role: &str| json!({ "name": "Joko", "email": "joko@hotelhub.test", "role": role });
    let post = |door, path: String, body, other, by: &Visitor| Post { door, path, body, other, by: by.clone() };
    let bare = |door: &'static str, path: String| post(door, path, json!({}), json!({"x": 1}), &admin);
    let signup = "/api/v1/signups".to_owned();
    vec![
        post("/api/v1/signups", signup, wish("mawar"), wish("kenanga"), &office.visitor()),
        post("/api/v1/tenants", "/api/v1/tenants".into(), wish("seruni"), wish("kamboja"), &admin),
        post("/api/v1/session", "/api/v1/session".into(), enter(&made.password), enter("x"), &office.visitor()),
        post(
            "/api/v1/staff/invitations",
            "/api/v1/staff/invitations".into(),
            joko("sales"),
            joko("super_admin"),
            &admin,
        ),
        post(
            "/api/v1/tenants/{id}/suspend",
            format!("/api/v1/tenants/{tenant}/suspend"),
            json!({ "reason": "Tagihan Juli" }),
            json!({ "reason": "Tagihan Juni" }),
            &admin,
        ),
        bare("/api/v1/tenants/{id}/resume", format!("/api/v1/tenants/{tenant}/resume")),
        post(
            "/api/v1/tenants/{id}/maintenance",
            format!("/api/v1/tenants/{tenant}/maintenance"),
            json!({ "text": "Pindah server" }),
            json!({ "text": "Pindah gedung" }),
            &admin,
        ),
        bare("/api/v1/tenants/{id}/maintenance/end", format!("/api/v1/tenants/{tenant}/maintenance/end")),
        post(
            "/api/v1/tenants/{id}/delete",
            format!("/api/v1/tenants/{tenant}/delete"),
            json!({ "reason": "Hotel dijual", "slug": "melati" }),
            json!({ "reason": "Hotel disita", "slug": "melati" }),
            &admin,
        ),
        bare("/api/v1/tenants/{id}/undelete", format!("/api/v1/tenants/{tenant}/undelete")),
        bare("/api/v1/tenants/{id}/backups", format!("/api/v1/tenants/{kept}/backups")),
        bare("/api/v1/tenants/{id}/drills", format!("/api/v1/tenants/{kept}/drills")),
        post(
            "/api/v1/tenants/{id}/restores",
            format!("/api/v1/tenants/{kept}/restores"),
            json!({ "copy_as": "dahlia" }),
            json!({ "copy_as": "melur" }),
            &admin,
        ),
        post(
            "/api/v1/tenants/{id}/moves",
            format!("/api/v1/tenants/{stays}/moves"),
            json!({ "to": "jkt-22" }),
            json!({ "to": "jkt-1" }),
            &admin,
        ),
        bare("/api/v1/moves/{id}/give-up", format!("/api/v1/moves/{moves}/give-up")),
        bare("/api/v1/clusters/{id}/drain", "/api/v1/clusters/jkt-22/drain".into()),
        bare("/api/v1/restores/{id}/undo", format!("/api/v1/restores/{restore}/undo")),
        bare("/api/v1/restores/{id}/call-off", format!("/api/v1/restores/{drill}/call-off")),
        bare("/api/v1/exports/{id}/call-off", format!("/api/v1/exports/{export}/call-off")),
        bare("/api/v1/tenants/{id}/exports", format!("/api/v1/tenants/{kept}/exports")),
        post("/api/v1/imports", "/api/v1/imports".into(), wish("kemuning"), wish("cempaka"), &admin),
        post(
            "/api/v1/imports/{id}/begin",
            format!("/api/v1/imports/{import}/begin"),
            json!({ "pieces": 1, "bytes": 9 }),
            json!({ "pieces": 2, "bytes": 9 }),
            &admin,
        ),
        post(
            "/api/v1/chores",
            "/api/v1/chores".into(),
            json!({ "chore": "check", "all": true }),
            json!({ "chore": "vacuum", "all": true }),
            &admin,
        ),
        bare("/api/v1/rollouts", "/api/v1/rollouts".into()),
        bare("/api/v1/rollouts/{id}/halt", format!("/api/v1/rollouts/{rollout}/halt")),
        bare("/api/v1/rollouts/{id}/resume", format!("/api/v1/rollouts/{rollout}/resume")),
        bare("/api/v1/orders/{id}/retry", format!("/api/v1/orders/{order}/retry")),
        bare("/api/v1/clusters/{id}/close", "/api/v1/clusters/jkt-1/close".into()),
        bare("/api/v1/clusters/{id}/open", "/api/v1/clusters/jkt-1/open".into()),
        bare("/api/v1/clusters/{id}/base-backups", "/api/v1/clusters/jkt-1/base-backups".into()),
        bare("/api/v1/strays/{name}/drop", format!("/api/v1/strays/{stray}/drop")),
        bare("/api/v1/nodes/{name}/retire", "/api/v1/nodes/node-2/retire".into()),
        bare("/api/v1/staff/{id}/end-sessions", format!("/api/v1/staff/{wati}/end-sessions")),
        bare("/api/v1/staff/{id}/reset-authenticator", format!("/api/v1/staff/{wati}/reset-authenticator")),
    ]
}

/// A hotel with a backup that was restored in its place, and that restore.
async fn backed_up(office: &Office, fleet: &Node) -> (uuid::Uuid, uuid::Uuid) {
    assert_eq!(office.sign_up("anggrek").await.status, StatusCode::CREATED);
    fleet.done(&fleet.lease(0).await.unwrap()).await;
    fleet.archives_wal(&[CLUSTER], office.clock.now()).await;
    let sql = office.scratch.connect().await.unwrap();
    let furnish = "
        with tenant as (select tenant_id, cluster_id, name, template from databases where state = 'live'),
        old as (insert into databases (name, cluster_id, state, template, created_at)
                select 't_' || repeat('0', 32), cluster_id, 'set_aside', template, now() from tenant returning name),
        backup as (insert into backups (id, tenant_id, kind, state, asked_by, cluster_id, database_name, taken_at, took_ms, schema,
                                        row_count, stored_bytes, sha256, created_at, finished_at)
                   select gen_random_uuid(), tenant_id, 'asked', 'done', 'Wati', cluster_id, name, now(), 1, '0020', 1, 1, 'ab', now(), now()
                     from tenant returning id)
        insert into restores (id, backup_id, kind, tenant_id, state, asked_by, database_name, old_database, keep_until, created_at)
        select gen_random_uuid(), backup.id, 'in_place', tenant_id, 'done', 'Wati', tenant.name, old.name, '2099-01-01', now()
          from tenant, old, backup returning tenant_id, id";
    let row = sql.query_one(furnish, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// A hotel that may be moved, and a move that is under way.
async fn on_the_move(office: &Office, fleet: &Node) -> (uuid::Uuid, uuid::Uuid) {
    let sql = office.scratch.connect().await.unwrap();
    for slug in ["cempaka", "teratai"] {
        assert_eq!(office.sign_up(slug).await.status, StatusCode::CREATED);
        fleet.done(&fleet.lease(0).await.unwrap()).await;
    }
    office.add_cluster("jkt-22", 100, 1_000).await;
    fleet.archives_wal(&["jkt-1", "jkt-22"], office.clock.now()).await;
    let stays = "select id from tenants where slug = 'cempaka'";
    let begun = "
        with home as (select d.tenant_id, d.cluster_id, d.name from databases d join tenants t on t.id = d.tenant_id where t.slug = 'teratai'),
        target as (insert into databases (name, cluster_id, state, created_at) values ('t_' || repeat('1', 32), 'jkt-22', 'moving', now())
                   returning name, cluster_id)
        insert into moves (id, tenant_id, asked_by, source_cluster, source_database, source_generation, target_cluster, target_database,
                           created_at)
        select gen_random_uuid(), tenant_id, 'Wati', home.cluster_id, home.name, 1, target.cluster_id, target.name, now() from home, target
        returning id";
    (sql.query_one(stays, &[]).await.unwrap().get(0), sql.query_one(begun, &[]).await.unwrap().get(0))
}

/// A drill and an export that are under way.
async fn under_way(office: &Office, fleet: &Node) -> (uuid::Uuid, uuid::Uuid) {
    assert_eq!(office.sign_up("flamboyan").await.status, StatusCode::CREATED);
    fleet.done(&fleet.lease(0).await.unwrap()).await;
    let begun = "
        with home as (select d.tenant_id, d.cluster_id, d.name, d.template from databases d join tenants t on t.id = d.tenant_id where t.slug = 'flamboyan'),
        made as (insert into databases (name, cluster_id, state, template, created_at)
                 select 't_' || repeat('2', 32), cluster_id, 'restoring', template, now() from home returning name),
        backup as (insert into backups (id, tenant_id, kind, state, asked_by, cluster_id, database_name, taken_at, took_ms, schema,
                                        row_count, stored_bytes, sha256, created_at, finished_at)
                   select gen_random_uuid(), tenant_id, 'asked', 'done', 'Wati', cluster_id, name, now(), 1, '0020', 1, 1, 'ab', now(), now()
                     from home returning id),
        drill as (insert into restores (id, backup_id, kind, tenant_id, state, asked_by, database_name, created_at)
                  select gen_random_uuid(), backup.id, 'drill', home.tenant_id, 'ordered', 'Wati', made.name, now() from home, made, backup
                  returning id),
        ordered as (insert into work_orders (id, kind, cluster_id, priority, task, next_attempt_at, created_at)
                    select gen_random_uuid(), 'export_tenant', cluster_id, 40, '{}', now(), now() from home returning id),
        export as (insert into exports (id, tenant_id, asked_by, order_id, created_at)
                   select gen_random_uuid(), home.tenant_id, 'Wati', ordered.id, now() from home, ordered returning id)
        select drill.id, export.id from drill, export";
    let row = office.scratch.connect().await.unwrap().query_one(begun, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

/// What a second effect would leave more of.
async fn traces(office: &Office) -> i64 {
    let count =
        "select (select count(*) from audit_log) + (select count(*) from letters) + (select count(*) from staff_links)
        + (select count(*) from staff_sessions) + (select count(*) from tenants)";
    office.scratch.connect().await.unwrap().query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_post_of_the_schema_asks_for_a_key_and_honours_it() {
    let office = Office::open().await;
    let schema = serde_json::to_value(hotelhub_control_plane::router::schema()).unwrap();
    let paths = schema["paths"].as_object().unwrap();
    let mut doors: Vec<&str> =
        paths.iter().filter(|(_, verbs)| verbs.get("post").is_some()).map(|(path, _)| path.as_str()).collect();
    let posts = posts(&office).await;
    let mut tried: Vec<&str> = posts.iter().map(|post| post.door).collect();
    doors.sort_unstable();
    tried.sort_unstable();
    assert_eq!(doors, tried, "each door is tried");

    for Post { door, path, body, other, by } in &posts {
        let keyless = by.with("idempotency-key", "short").post(path, body).await.unwrap();
        assert_eq!((keyless.status.as_u16(), keyless.code().as_str()), (400, "idempotency-key-malformed"), "{door}");
        let by =
            by.with("idempotency-key", &format!("key-of-{}", tried.iter().position(|known| known == door).unwrap()));
        let first = by.post(path, body).await.unwrap();
        assert!(first.status.is_success(), "{door}: {}", first.text);
        let cookie = by.cookie("__Host-session");
        let after = traces(&office).await;
        let second = by.post(path, body).await.unwrap();
        assert_eq!((second.status, &second.text), (first.status, &first.text), "{door}: the same answer");
        assert_eq!(by.cookie("__Host-session"), cookie, "{door}");
        assert_eq!(traces(&office).await, after, "{door}: one effect");
        let reused = by.post(path, other).await.unwrap();
        assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY, "{door}: {}", reused.text);
        if *other != json!({"x": 1}) {
            assert_eq!(reused.code(), "key-reused", "{door}");
        }
        assert_eq!(traces(&office).await, after, "{door}: another body changes nothing");
    }
}

#[tokio::test]
async fn what_is_kept_of_a_sign_in_opens_nothing_and_is_forgotten() {
    let office = Office::open().await;
    let visitor = office.staff(StaffRole::Support).await;
    let cookie = visitor.cookie("__Host-session").unwrap();
    let sql = office.scratch.connect().await.unwrap();
    let kept = "select encode(request_mac, 'hex') || convert_from(body, 'utf8') from idempotency_keys";
    let text: String = sql.query_one(kept, &[]).await.unwrap().get(0);
    assert!(text.contains("session_id") && !text.contains(&cookie) && !text.contains("password"), "{text}");
    office.clock.advance(SignedDuration::from_hours(49));
    let after = forget_old(&office.app.db.durable, office.clock.now()).await.unwrap();
    assert_eq!(after, 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept_and_two_at_once_have_one_effect() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await.with("idempotency-key", "an-invitation");
    let joko = json!({ "name": "Joko", "email": "joko@hotelhub.test", "role": "sales" });
    let body = serde_json::to_vec(&joko).unwrap();
    let door = "/api/v1/staff/invitations";
    let bare = office.visitor().raw(Method::POST, door, "application/json", body).await.unwrap();
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
    let wrong = json!({ "name": " ", "email": "joko@hotelhub.test", "role": "sales" });
    assert_eq!(admin.post(door, &wrong).await.unwrap().code(), "invalid-staff");
    let (one, other) = tokio::join!(admin.post(door, &joko), admin.post(door, &joko));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.status, &one.text), (StatusCode::CREATED, &other.text));
    let letters = "select count(*) from letters where kind = 'staff-invitation'";
    let count: i64 = office.scratch.connect().await.unwrap().query_one(letters, &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
}
