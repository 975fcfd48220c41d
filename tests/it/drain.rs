//! A process that is told to stop takes nothing new, finishes the job it is at, answers who waits, and says that all went well.
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hotelhub_testkit::mail::MailStandIn;
use hotelhub_tests::{Connection, Process, Reply, form, post};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Client;

use crate::alone::Alone;
use crate::ground::{self, connect};
use crate::health::one_night;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_finished_and_who_waits_is_answered_before_a_process_ends() -> Result<()> {
    let (servers, mut house) = ground::house("drain-all").await?;
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await?;
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let smtp = [("HOTELHUB_SMTP_URL", format!("smtp://{}", door.local_addr()?))];
    let mut alone = Alone::start(&servers, "drain-alone", &smtp).await?;
    let hotel = alone.owner().await?;
    let stock = hotel.furnish(&[3]).await?;
    let sql = alone.sql().await?;

    // A job that waits for a mail server: it is let go only after the signal.
    let letter = form(&hotel.host, "/account/confirm-email", Some(&hotel.cookie), "_key=confirmed-once");
    let asked = Connection::open(hotel.port).await?.send(&letter).await?;
    ensure!(asked.status == 303, "no letter: {}", asked.head);
    let (mut sender, _) = door.accept().await?;

    let wish =
        post(&hotel.host, "/api/v1/bookings", "kept-till-the-end", Some(&hotel.cookie), &one_night(&stock).to_string());
    let booked = held(&mut alone.process, (hotel.port, wish), &sql, "inventory_days").await?;
    ensure!(booked.status == 201, "{}", String::from_utf8_lossy(&booked.body));
    let mut server = TcpStream::connect(&mail.smtp).await?;
    let letting_go = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut sender, &mut server).await });
    alone.process.until_ended().await?;
    let _ = letting_go.await?;
    let told = "select (select count(*) from bookings), (select state from jobs where name = 'send-letter')";
    let row = sql.query_one(told, &[]).await?;
    ensure!((row.get::<_, i64>(0), row.get::<_, &str>(1)) == (1, "done"), "{row:?}");
    ensure!(mail.inbox.mails(None).len() == 1, "one letter");

    let wish = json!({
        "hotel": "Hotel Melati", "owner": "Sari Dewi", "email": "sari@melati.example", "phone": "+62811000111",
        "rooms": 12, "slug": "melati"
    });
    let at = format!("hotelhub.localhost:{}", house.control_port());
    let wish = post(&at, "/api/v1/signups", "kept-till-the-end", None, &wish.to_string());
    let central = connect(&house.central_dsn()).await?;
    let port = house.control_port();
    let signed_up = held(&mut house.control, (port, wish), &central, "tenants").await?;
    ensure!(signed_up.status == 201, "{}", String::from_utf8_lossy(&signed_up.body));
    house.control.until_ended().await?;
    house.restart_control().await?;
    house.stop().await
}

/// Sends a request that has to wait for a table, tells the process to stop, lets the table go: the answer.
async fn held(process: &mut Process, (port, request): (u16, Vec<u8>), sql: &Client, table: &str) -> Result<Reply> {
    sql.batch_execute(&format!("begin; lock table {table} in exclusive mode")).await?;
    let answer = tokio::spawn(async move { Connection::open(port).await?.send(&request).await });
    let waits = format!("select exists (select from pg_locks where relation = '{table}'::regclass and not granted)");
    let mut waiting = false;
    for _ in 0..600 {
        waiting = sql.query_one(&waits, &[]).await?.get(0);
        if waiting || answer.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if !waiting && answer.is_finished() {
        let early = answer.await??;
        bail!("answered before {table} was let go: {} {}", early.head, String::from_utf8_lossy(&early.body));
    }
    ensure!(waiting, "the request does not wait for {table}");
    process.ask_to_stop().await?;
    let mut refused = false;
    for _ in 0..600 {
        refused = TcpStream::connect(("127.0.0.1", port)).await.is_err();
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ensure!(refused, "a process that stops takes new connections");
    sql.batch_execute("rollback").await?;
    answer.await?.context("the answer was lost")
}
