//! A connection is lent clean or not at all. Each hotel has one connection here, so that the next always gets what the last left.
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hotelhub_data_plane::tenancy::{DbError, Tenant};
use hotelhub_web::{AppError, Kind};
use tokio::task::JoinSet;

use super::{COUNT, KEEP, both, counted, kept, pid};
use crate::house::House;

const NUMBER: &str = "select $1::bigint, pg_current_xact_id_if_assigned() is null";
const SLEEP: &str = "select pg_sleep($1::float8)";

/// Lets a future be polled this often, then drops it where it stands.
struct Patience<F>(Pin<Box<F>>, usize);

impl<F: Future> Future for Patience<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(value) = self.0.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        self.1 -= 1;
        if self.1 == 0 { Poll::Ready(None) } else { Poll::Pending }
    }
}

async fn work(tenant: &Tenant, name: &str) -> Result<(), AppError> {
    let tx = tenant.begin().await?;
    tx.query_one(COUNT, &[]).await?;
    tx.execute(KEEP, &[&name]).await?;
    tx.query_one(SLEEP, &[&0.001_f64]).await?;
    Ok(tx.commit().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_given_up_at_any_await_leaves_nothing_for_the_next() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, kenanga) = both(&house).await;
    let mut finished = 0;
    for patience in 1..60_usize {
        let before = kept(&melati).await;
        let name = format!("test.{patience}");
        let given_up = Patience(Box::pin(work(&melati, &name)), patience).await;
        let number = i64::try_from(patience).unwrap();
        let conn = melati.connect().await.unwrap();
        let row = conn.query_one(NUMBER, &[&number]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), number, "an answer to somebody else's question");
        assert!(row.get::<_, bool>(1), "somebody else's transaction");
        let after: i64 = conn.query_one(COUNT, &[]).await.unwrap().get(0);
        match given_up {
            Some(outcome) => {
                outcome.unwrap();
                finished += 1;
                assert_eq!(after, before + 1);
            }
            None => assert!(after == before || after == before + 1),
        }
        if finished > 3 {
            break;
        }
    }
    assert!(finished > 3, "a patient request is answered");
    assert_eq!(kept(&kenanga).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_given_up_in_flight_closes_its_connection() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let first = pid(&melati).await;
    let conn = melati.connect().await.unwrap();
    {
        let mut sleeping = pin!(conn.query_one(SLEEP, &[&30.0_f64]));
        let soon = tokio::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, &mut sleeping).await.is_err());
    }
    drop(conn);
    assert_ne!(pid(&melati).await, first);
    assert_eq!(counted(&house.node, "hotelhub_pool_dirty_total"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shares_a_connection_is_answered_though_others_finish_first_or_give_up() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let conn = Arc::new(melati.connect().await.unwrap());
    conn.query_one(NUMBER, &[&0_i64]).await.unwrap();
    let ask = |number: i64| {
        let conn = conn.clone();
        tokio::spawn(async move {
            conn.query_one(SLEEP, &[&0.01_f64]).await.unwrap();
            conn.query_one(NUMBER, &[&number]).await.unwrap().get::<_, i64>(0)
        })
    };
    let mut asked: Vec<_> = (0..20).map(ask).collect();
    tokio::task::yield_now().await;
    for gives_up in asked.drain(15..) {
        gives_up.abort();
    }
    for (number, answered) in asked.into_iter().enumerate() {
        assert_eq!(answered.await.unwrap(), i64::try_from(number).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_dropped_without_an_end_closes_its_connection() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let first = pid(&melati).await;
    let tx = melati.begin().await.unwrap();
    tx.execute(KEEP, &[&"test.dropped"]).await.unwrap();
    drop(tx);
    assert_ne!(pid(&melati).await, first);
    assert_eq!(kept(&melati).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_rolls_back_and_keeps_its_connection() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let first = pid(&melati).await;
    for round in 0..20 {
        let tx = melati.begin().await.unwrap();
        tx.execute(KEEP, &[&"test.twice"]).await.unwrap();
        let error: DbError = if round % 2 == 0 {
            let refused = AppError::new(Kind::Conflict, "sold-out", "No.");
            assert_eq!(tx.settle::<()>(Err(refused)).await.unwrap_err().code(), "sold-out");
            continue;
        } else {
            tx.execute(KEEP, &[&"test.twice"]).await.unwrap_err()
        };
        assert_eq!(error.constraint(), Some("settings_pkey"));
        assert_eq!(error.refusal(&[("other", 1), ("settings_pkey", 2)]), Some(2));
        assert!(tx.settle(Ok(())).await.is_err(), "what failed cannot be committed by mistake");
    }
    assert_eq!(kept(&melati).await, 0);
    assert_eq!(pid(&melati).await, first, "a clean refusal costs no connection");
    assert_eq!(counted(&house.node, "hotelhub_pool_opens_total"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_only_because_its_neighbour_did_is_refused_for_the_neighbours_reason() {
    let house = House::saas_with(1, |settings| settings.pool.statement = Duration::from_secs(1)).await;
    let (melati, _) = both(&house).await;
    melati.connect().await.unwrap().query_one(SLEEP, &[&0.0_f64]).await.unwrap();
    let tx = melati.begin().await.unwrap();
    // The one that is not known yet is asked for first, and sent after the other.
    let (echo, cause) = tokio::join!(biased; tx.query_one(COUNT, &[]), tx.query_one(SLEEP, &[&30.0_f64]));
    let (echo, cause) = (AppError::from(echo.unwrap_err()), AppError::from(cause.unwrap_err()));
    assert_eq!((echo.kind(), echo.code()), (Kind::Unavailable, "busy"));
    assert_eq!((cause.kind(), cause.code()), (Kind::Unavailable, "busy"));
    tx.rollback().await.unwrap();
}

const FAIL: &str = "select fails($1)";
const FAILS: &str = "
    create function fails(code text) returns integer language plpgsql as $$
    begin
        raise exception 'as it is told' using errcode = code;
    end $$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_or_the_server_are_to_blame_for_is_never_an_error_of_the_house() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let role = &melati.route().placement.role;
    let fails = format!("{FAILS}; grant execute on function fails to {role}");
    house.sql().await.batch_execute(&fails).await.unwrap();
    let busy = ["40001", "40P01", "40003", "55P03", "57014"];
    let away = ["08006", "53100", "53200", "53300", "58030", "57P01", "57P02", "57P03", "57P04", "57P05", "25P03"];
    let told = busy.map(|code| (code, "busy")).into_iter().chain(away.map(|code| (code, "database-away")));
    for (code, told) in told {
        let tx = melati.begin().await.unwrap();
        let cause = AppError::from(tx.query_one(FAIL, &[&code]).await.unwrap_err());
        let echo = AppError::from(tx.query_one(COUNT, &[]).await.unwrap_err());
        let commit = tx.settle(Ok(())).await.unwrap_err();
        for (what, error) in [("cause", cause), ("echo", echo), ("commit", commit)] {
            assert_eq!((error.kind(), error.code()), (Kind::Unavailable, told), "{code}: {what}");
            assert!(error.pause().is_some(), "{code}: {what}");
        }
    }
    let tx = melati.begin().await.unwrap();
    let broken = AppError::from(tx.query_one(FAIL, &[&"22012"]).await.unwrap_err());
    assert_eq!((broken.kind(), broken.code()), (Kind::Internal, "internal"), "what nobody else caused is the house's");
    tx.rollback().await.unwrap();
}

const KEPT_PLAN: &str = "select * from souvenirs";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_statements_outlived_their_tables_is_closed_and_the_next_one_knows_better() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let admin = house.sql().await;
    let role = &melati.route().placement.role;
    let souvenirs = format!("create table souvenirs (name text); grant select on souvenirs to {role}");
    admin.batch_execute(&souvenirs).await.unwrap();
    assert!(melati.connect().await.unwrap().query(KEPT_PLAN, &[]).await.unwrap().is_empty());
    let first = pid(&melati).await;
    admin.batch_execute("alter table souvenirs add column price_idr bigint").await.unwrap();
    let error = AppError::from(melati.connect().await.unwrap().query(KEPT_PLAN, &[]).await.unwrap_err());
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "busy"));
    assert!(melati.connect().await.unwrap().query(KEPT_PLAN, &[]).await.unwrap().is_empty());
    assert_ne!(pid(&melati).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_backend_is_replaced_before_anybody_notices() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let sql = house.sql().await;
    for _ in 0..10 {
        let killed = pid(&melati).await;
        sql.execute("select pg_terminate_backend($1, 2000)", &[&killed]).await.unwrap();
        let tx = melati.begin().await.unwrap();
        tx.rollback().await.unwrap();
    }
    let tx = melati.begin().await.unwrap();
    let killed: i32 = tx.query_one(WHO, &[]).await.unwrap().get(0);
    sql.execute("select pg_terminate_backend($1, 2000)", &[&killed]).await.unwrap();
    let error: AppError = tx.query_one(WHO, &[]).await.unwrap_err().into();
    assert_eq!(error.kind(), Kind::Unavailable);
    drop(tx);
    assert_eq!(kept(&melati).await, 0);
}

use super::WHO;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_follows_whoever_uses_it_from_thread_to_thread() {
    let house = House::saas_with(1, |_| {}).await;
    let (melati, _) = both(&house).await;
    let guests: Vec<_> = (0..4).map(|_| house.hotels[0].guest()).collect();
    let first = pid(&melati).await;
    // The guests' connections lie on different lanes, and this thread is none of them.
    for guest in guests.iter().cycle().take(12) {
        assert_eq!(guest.get("/api/v1/public/property").await.unwrap().status, 200);
        assert_eq!(pid(&melati).await, first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_while_waiting_for_a_connection_takes_no_place_along() {
    let house = House::saas_with(2, |settings| settings.pool.wait = Duration::from_secs(60)).await;
    let (melati, _) = both(&house).await;
    let mut patient = JoinSet::new();
    for guest in 0..100_u64 {
        let (patience, hasty) = (Duration::from_micros(guest * 700 % 50_000), melati.clone());
        // Some leave at once, some while they wait, some while their connection is opened or answers.
        tokio::spawn(async move { tokio::time::timeout(patience, stay(&hasty)).await });
        let melati = melati.clone();
        patient.spawn(async move { stay(&melati).await });
    }
    assert!(patient.join_all().await.iter().all(Result::is_ok));
    let both = tokio::join!(melati.connect(), melati.connect());
    assert!(both.0.is_ok() && both.1.is_ok(), "both places are there again");
}

async fn stay(tenant: &Tenant) -> Result<(), AppError> {
    tenant.connect().await?.query_one(SLEEP, &[&0.001_f64]).await?;
    Ok(())
}
