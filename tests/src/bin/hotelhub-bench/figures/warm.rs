//! A warm request: what tenancy, limits, logs and metrics cost on top of one prepared read.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_testkit::free_port;
use hotelhub_tests::{Connection, Hotel, House, Process, Programs, get};

use crate::compare::Compared;
use crate::frames::{self, Frames};
use crate::load::throughput;
use crate::report::Figure;

/// The door that is measured: one prepared read, no session.
const DOOR: &str = "/api/v1/public/property";

/// Connections at once; the pools on both sides are as large.
const CLIENTS: usize = 8;

/// Windows measured on each side, in turns.
const WINDOWS: usize = 101;

/// Throughput of the same read through the house and through a bare handler, and how many hundredths of it there must be.
pub(crate) async fn public_request(house: &House, slug: &str, dsn: &str, percent: u32) -> Result<Figure> {
    let port = free_port()?;
    let mut bare = start_bare(&house.settings().programs, &house.settings().dir, port, dsn, CLIENTS).await?;
    let ours = get(&house.host(slug), DOOR, None);
    let theirs = get("bare.localhost", DOOR, None);
    let window = Duration::from_millis(500);
    throughput(house.node_port(), &ours, CLIENTS, window).await?;
    throughput(port, &theirs, CLIENTS, window).await?;
    let mut pairs = Vec::new();
    for turn in 0..WINDOWS {
        let pair = if turn % 2 == 0 {
            let ours = throughput(house.node_port(), &ours, CLIENTS, window).await?;
            (ours, throughput(port, &theirs, CLIENTS, window).await?)
        } else {
            let theirs = throughput(port, &theirs, CLIENTS, window).await?;
            (throughput(house.node_port(), &ours, CLIENTS, window).await?, theirs)
        };
        pairs.push(pair);
    }
    bare.kill().await?;
    let compared = Compared::of(&pairs);
    let (goal, said) = (f64::from(percent) / 100.0, format!(">= {percent} % of a bare handler"));
    Ok(Figure::ratio_at_least("warm public request", "req/s", &compared, goal, said))
}

/// Starts the baseline and waits until it answers.
async fn start_bare(programs: &Programs, dir: &Path, port: u16, dsn: &str, pool: usize) -> Result<Process> {
    let (port_text, pool) = (port.to_string(), pool.to_string());
    let args = ["--port", &port_text, "--dsn", dsn, "--pool", &pool];
    let mut bare = Process::start(dir, "bare", &programs.path("hotelhub-bare"), &args, &[])?;
    bare.until_healthy(port, DOOR).await?;
    Ok(bare)
}

/// What the house says to Postgres for one warm request, beside what a bare handler says; and what a session adds.
pub(crate) async fn wire(
    programs: &Programs,
    dir: &Path,
    server: &tokio_postgres::Config,
    dsn: &str,
) -> Result<Vec<Figure>> {
    let frames = Frames::default();
    let target = server.get_ports().first().copied().context("no port")?;
    let proxy = frames::listen(target, frames.clone()).await?;
    let through = dsn.replacen(&format!(":{target}/"), &format!(":{proxy}/"), 1);
    let ours = house_frames(programs, dir, &through, &frames).await?;
    let bare = bare_frames(programs, dir, &through, &frames).await?;
    let public = &ours.public;
    #[expect(clippy::cast_precision_loss, reason = "a handful of round trips")]
    let trips = |frames: &[u8]| Frames::round_trips(frames) as f64;
    let more = trips(&ours.signed_in) - trips(public);
    Ok(vec![
        Figure::exact(
            "warm public request: frames as a bare handler's",
            trips(public),
            "round trips",
            *public == bare,
            "identical",
        ),
        Figure::exact("the same signed in: more round trips", more, "round trips", more <= 1.0, "<= 1"),
    ])
}

struct Said {
    public: Vec<u8>,
    signed_in: Vec<u8>,
}

async fn house_frames(programs: &Programs, dir: &Path, dsn: &str, frames: &Frames) -> Result<Said> {
    let port = free_port()?;
    let env = [
        ("APP_MODE", "standalone".to_owned()),
        ("DATABASE_URL", dsn.to_owned()),
        ("HOTELHUB_LISTEN", format!("127.0.0.1:{port}")),
        ("HOTELHUB_METRICS_LISTEN", "127.0.0.1:0".to_owned()),
        ("HOTELHUB_PUBLIC_SCHEME", "http".to_owned()),
        ("HOTELHUB_OWNER_EMAIL", "sari@melati.example".to_owned()),
        ("HOTELHUB_OWNER_PASSWORD", "kamboja-putih-81".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value));
    let mut node = Process::start(dir, "wire", &programs.path("hotelhub"), &["serve"], &env)?;
    node.until_healthy(port, "/readyz").await?;
    let host = format!("hotel.localhost:{port}");
    let mut client = Connection::open(port).await?;
    let Hotel { cookie, .. } =
        Hotel::by_password(port, host.clone(), "sari@melati.example", "kamboja-putih-81").await?;
    let public = last_said(&mut client, &get(&host, DOOR, None), frames).await?;
    let signed_in = last_said(&mut client, &get(&host, "/api/v1/property", Some(&cookie)), frames).await?;
    node.stop().await?;
    Ok(Said { public, signed_in })
}

async fn bare_frames(programs: &Programs, dir: &Path, dsn: &str, frames: &Frames) -> Result<Vec<u8>> {
    let port = free_port()?;
    let mut bare = start_bare(programs, dir, port, dsn, 1).await?;
    let mut client = Connection::open(port).await?;
    let said = last_said(&mut client, &get("bare.localhost", DOOR, None), frames).await;
    bare.kill().await?;
    said
}

/// Asks five times and gives what the last request made the server say: by then everything is warm.
async fn last_said(client: &mut Connection, request: &[u8], frames: &Frames) -> Result<Vec<u8>> {
    let mut said = Vec::new();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        frames.take();
        client.send(request).await?.json(200)?;
        tokio::time::sleep(Duration::from_millis(50)).await;
        said = frames.take();
    }
    Ok(said)
}
