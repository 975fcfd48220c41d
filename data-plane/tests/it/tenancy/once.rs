//! The same request twice: one effect, one answer.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::Response;
use axum::routing::post;
use futures_util::future::join_all;
use hotelhub_data_plane::statements;
use hotelhub_data_plane::tenancy::{Begun, Scope, Tenant, resolve};
use hotelhub_web::{AppError, Kind, Posted, Result};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::routes::{change, route};
use super::{COUNT, KEEP, both, kept};
use crate::furnished::furnish;
use crate::house::{House, in_both};

/// Keeps a name, or refuses it when it is `no`.
async fn keep(tenant: Tenant, wish: Posted<Value>) -> Result<Response> {
    let tx = match tenant.begin_once(&Scope::guest("192.0.2.1"), &wish.key).await? {
        Begun::Fresh(tx) => tx,
        Begun::Answered(answer) => return Ok(answer),
    };
    let name = format!("test.{}", wish.value["name"].as_str().unwrap());
    let outcome = match tx.execute(KEEP, &[&name]).await {
        _ if name == "test.no" => Err(AppError::new(Kind::Conflict, "no", "No.")),
        Ok(_) => Ok(json!({ "zebra": tenant.ids().next(), "apple": name })),
        Err(error) => Err(error.into()),
    };
    let mut headers = HeaderMap::new();
    headers.insert("etag", HeaderValue::from_static("\"1\""));
    tx.answer_with(StatusCode::CREATED, headers, outcome).await
}

struct Heard {
    status: u16,
    replayed: bool,
    etag: bool,
    text: String,
}

async fn ask(app: &Router, house: &House, key: &str, name: &str) -> Heard {
    let request = Request::post("/keep")
        .header("host", &house.host)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(json!({ "name": name }).to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Heard {
        status: parts.status.as_u16(),
        replayed: parts.headers.contains_key("idempotency-replayed"),
        etag: parts.headers.contains_key("etag"),
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

fn doors(house: &House) -> Router {
    Router::new().route("/keep", post(keep)).layer(resolve(&house.node))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_has_one_effect_and_the_same_answer_to_the_byte() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let app = doors(&house);
    let first = ask(&app, &house, "key-00001", "a").await;
    let again = ask(&app, &house, "key-00001", "a").await;
    assert_eq!((first.status, first.replayed, first.etag), (201, false, true), "{}", first.text);
    assert_eq!((again.status, again.replayed, again.etag), (201, true, true));
    assert_eq!(first.text, again.text);
    assert_eq!(kept(&melati).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_with_another_body_is_refused() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let app = doors(&house);
    ask(&app, &house, "key-00001", "a").await;
    let other = ask(&app, &house, "key-00001", "b").await;
    assert_eq!(other.status, 422);
    assert!(other.text.contains("key-reused"), "{}", other.text);
    assert_eq!(kept(&melati).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_keeps_nothing_so_the_same_key_may_try_again() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let app = doors(&house);
    for _ in 0..2 {
        let refused = ask(&app, &house, "key-00001", "no").await;
        assert_eq!((refused.status, refused.replayed), (409, false));
    }
    assert_eq!(kept(&melati).await, 0);
    assert_eq!(ask(&app, &house, "key-00001", "yes").await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_under_one_key_have_one_effect() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let app = doors(&house);
    let answers = join_all((0..20).map(|_| ask(&app, &house, "key-00001", "a"))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
    }
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(kept(&melati).await, 1);
}

/// The hotel's schema, and to whom its tables are granted.
const PARTS: &str = "
    select current_schema()::text,
           case current_schema() when 'public' then 'hotelhub_tenant' else current_schema()::text end";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_finds_the_hotel_moving_is_made_once_it_has_moved_or_may_be_said_again() {
    let house = House::saas().await;
    let (melati, _) = both(&house).await;
    let (app, sql) = (doors(&house), house.sql().await);
    let parts = sql.query_one(PARTS, &[]).await.unwrap();
    let (schema, people): (&str, &str) = (parts.get(0), parts.get(1));
    let revoke = format!("revoke insert, update, delete on all tables in schema {schema} from {people}");
    sql.batch_execute(&revoke).await.unwrap();
    let refused = ask(&app, &house, "key-00001", "a").await;
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("moving"), "{}", refused.text);
    let moved = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let grant = format!("grant insert, update, delete on idempotency_keys, settings to {people}");
        sql.batch_execute(&grant).await.unwrap();
        change(&house, route(&melati, |route| route.placement.generation += 1));
    };
    let (made, ()) = tokio::join!(ask(&app, &house, "key-00001", "a"), moved);
    assert_eq!((made.status, made.replayed), (201, false), "{}", made.text);
    assert_eq!(kept(&melati).await, 1);
}

/// Keys under which nothing was answered.
const HALVES: &str = "select count(*) from idempotency_keys where status is null";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_taken_in_a_transaction_or_not_at_all() {
    let house = House::saas().await;
    let sql = house.sql().await;
    let all = statements::all();
    let take_key = all.iter().flat_map(|(_, of)| *of).find(|sql| sql.contains("insert into idempotency_keys")).unwrap();
    let (hash, now) = ([0_u8; 32].as_slice(), house.clock.now());
    let take = async |key: &str| sql.execute(*take_key, &[&"guest:x", &key, &hash, &now]).await.unwrap();
    assert_eq!(take("key-alone").await, 0);
    sql.batch_execute("begin deferrable").await.unwrap();
    assert_eq!(take("key-within").await, 1);
    assert_eq!(take("key-within").await, 0);
    sql.batch_execute("rollback").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_that_comes_at_the_beginning_leaves_no_half_of_a_change() {
    let house = House::saas().await;
    let (app, sql) = (doors(&house), house.sql().await);
    let over = AtomicBool::new(false);
    let cancels = async {
        let others = "select pg_cancel_backend(pid) from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid()";
        while !over.load(Ordering::Relaxed) {
            sql.execute(others, &[]).await.unwrap();
        }
    };
    let asks = async {
        let mut made = 0;
        for number in 0..400 {
            made +=
                i64::from(ask(&app, &house, &format!("key-{number:05}"), &format!("n{number}")).await.status == 201);
        }
        over.store(true, Ordering::Relaxed);
        made
    };
    let ((), made) = tokio::join!(cancels, asks);
    let halves: i64 = sql.query_one(HALVES, &[]).await.unwrap().get(0);
    // Counted beside the pool: where the last cancels hit new connections, it opens none for a moment.
    let kept: i64 = sql.query_one(COUNT, &[]).await.unwrap().get(0);
    assert_eq!((halves, kept), (0, made));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_forgotten_after_two_days_by_whoever_comes_to_work() {
    in_both(async |house: &House| {
        let hotel = furnish(house, 1).await;
        let sql = house.sql().await;
        let keys = "insert into idempotency_keys (scope, key, request_hash, created_at)
            values ('user:x', 'an-old-key', sha256('x'), '2026-07-01T02:00:00Z'),
                   ('user:x', 'a-young-key', sha256('x'), '2026-07-01T03:00:00Z')";
        sql.batch_execute(keys).await.unwrap();
        hotel.book("hold", "2026-07-10", "2026-07-12").await;
        house.clock.advance(SignedDuration::from_mins(16));
        let mut kept = Vec::new();
        for _ in 0..1_200 {
            let rows = sql.query("select key from idempotency_keys where scope = 'user:x'", &[]).await.unwrap();
            kept = rows.iter().map(|row| row.get::<_, String>(0)).collect();
            if kept.len() == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(kept, ["a-young-key"]);
    })
    .await;
}
