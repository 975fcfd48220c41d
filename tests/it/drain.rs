//! A process that is told to stop takes nothing new, finishes the job it is at, answers who waits, and says that all went well.
use anyhow::{Result, bail, ensure};
use hotelhub_testkit::mail::MailStandIn;
use hotelhub_tests::{Connection, Hotel, House, Process, Servers, Stock, connect, form, patiently, sign_up_request};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Client;

use crate::alone::Alone;
use crate::ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_finished_and_who_waits_is_answered_before_a_process_ends() -> Result<()> {
    let (servers, mut house) = ground::house("drain").await?;
    hotel_alone(&servers).await?;
    node(&mut house).await?;
    control_plane(&mut house).await?;
    house.stop().await
}

async fn hotel_alone(servers: &Servers) -> Result<()> {
    let mail = MailStandIn::start("127.0.0.1:0", "127.0.0.1:0").await?;
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let smtp = [("HOTELHUB_SMTP_URL", format!("smtp://{}", door.local_addr()?))];
    let mut alone = Alone::start(servers, "drain-alone", &smtp).await?;
    let hotel = alone.owner().await?;
    let stock = hotel.furnish(&[3]).await?;
    let sql = alone.sql().await?;

    // A job that waits for a mail server: it is let go only after the signal.
    let letter = form(&hotel.host, "/account/confirm-email", Some(&hotel.cookie), "_key=confirmed-once");
    let asked = Connection::open(hotel.port).await?.send(&letter).await?;
    ensure!(asked.status == 303, "no letter: {}", asked.head);
    let (mut sender, _) = door.accept().await?;

    held(&mut alone.process, (hotel.port, tonight(&hotel, &stock)), &sql, "inventory_days").await?;
    let mut server = TcpStream::connect(&mail.smtp).await?;
    let letting_go = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut sender, &mut server).await });
    alone.process.until_ended().await?;
    let _ = letting_go.await?;
    let told = "select (select count(*) from bookings), (select state from jobs where name = 'send-letter')";
    let row = sql.query_one(told, &[]).await?;
    ensure!((row.get::<_, i64>(0), row.get::<_, &str>(1)) == (1, "done"), "{row:?}");
    ensure!(mail.inbox.mails(None).len() == 1, "one letter");
    Ok(())
}

async fn node(house: &mut House) -> Result<()> {
    let hotel = Hotel::open(house, "melati").await?;
    let stock = hotel.furnish(&[3]).await?;
    let sql = connect(&house.tenant_dsn("melati").await?).await?;
    held(&mut house.node, (hotel.port, tonight(&hotel, &stock)), &sql, "inventory_days").await?;
    house.node.until_ended().await?;
    house.restart_node().await
}

async fn control_plane(house: &mut House) -> Result<()> {
    let (port, wish) = (house.control_port(), sign_up_request(house, "kenanga"));
    let central = connect(&house.central_dsn()).await?;
    held(&mut house.control, (port, wish), &central, "tenants").await?;
    house.control.until_ended().await?;
    house.restart_control().await
}

fn tonight(hotel: &Hotel, stock: &Stock) -> Vec<u8> {
    hotel.booking("kept-till-the-end", &stock.booking("Wayan Suarti", stock.room(0, 0, 1)))
}

/// Sends a request that has to wait for a table, tells the process to stop, lets the table go: what was asked for is made.
async fn held(process: &mut Process, (port, request): (u16, Vec<u8>), sql: &Client, table: &str) -> Result<()> {
    sql.batch_execute(&format!("begin; lock table {table} in exclusive mode")).await?;
    let answer = tokio::spawn(async move { Connection::open(port).await?.send(&request).await });
    let waits = format!("select exists (select from pg_locks where relation = '{table}'::regclass and not granted)");
    let waiting = patiently(60, "the request waits for the table", async || {
        let waiting: bool = sql.query_one(&waits, &[]).await?.get(0);
        Ok((waiting || answer.is_finished()).then_some(waiting))
    });
    if !waiting.await? {
        let early = answer.await??;
        bail!("answered before {table} was let go: {} {}", early.head, String::from_utf8_lossy(&early.body));
    }
    process.ask_to_stop().await?;
    patiently(60, "nobody takes new connections", async || Ok(TcpStream::connect(("127.0.0.1", port)).await.err()))
        .await?;
    sql.batch_execute("rollback").await?;
    answer.await??.json(201)?;
    Ok(())
}
