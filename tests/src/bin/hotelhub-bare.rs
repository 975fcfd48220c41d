//! The baseline of a warm request: an axum handler that runs one prepared statement on a fixed pool, and nothing else.
//!
//! A program of its own, so that what the bench counts for itself costs the baseline nothing.
use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use clap::Parser;
use deadpool_postgres::{Manager, Pool};
use serde::Serialize;
use tokio_postgres::NoTls;

#[derive(Parser)]
#[command(name = "hotelhub-bare", about = "The baseline of a warm request; started by hotelhub-bench")]
struct Cli {
    #[arg(long)]
    port: u16,
    #[arg(long)]
    dsn: String,
    #[arg(long)]
    pool: usize,
}

/// The statement of the hotel's public door, to the letter: the frames on the wire are compared.
const STATEMENT: &str = hotelhub_data_plane::hotel::properties::THE_ONE;

#[derive(Serialize)]
struct Property {
    name: String,
    address: String,
    phone: String,
    email: String,
    checkin_time: jiff::civil::Time,
    checkout_time: jiff::civil::Time,
    business_date: jiff::civil::Date,
}

/// Requests allocate a great deal that lives for microseconds (decision 0010).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let Cli { port, dsn, pool } = Cli::parse();
    let manager = Manager::new(dsn.parse()?, NoTls);
    let pool = Pool::builder(manager).max_size(pool).build()?;
    let router = Router::new().route("/api/v1/public/property", get(property)).with_state(pool);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn property(State(pool): State<Pool>) -> Response {
    match read(&pool).await {
        Ok(property) => Json(property).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn read(pool: &Pool) -> Result<Property> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(STATEMENT).await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(Property {
        name: row.try_get("name")?,
        address: row.try_get("address")?,
        phone: row.try_get("phone")?,
        email: row.try_get("email")?,
        checkin_time: row.try_get("checkin_time")?,
        checkout_time: row.try_get("checkout_time")?,
        business_date: row.try_get("business_date")?,
    })
}
