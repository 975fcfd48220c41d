//! The baseline of a warm request: an axum handler that runs one prepared statement on a fixed pool, and nothing else.
use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use deadpool_postgres::{Manager, Pool};
use serde::Serialize;
use tokio_postgres::NoTls;

/// The statement of the hotel's public door, to the letter: the frames on the wire are compared.
pub(crate) const STATEMENT: &str = hotelhub_data_plane::hotel::properties::THE_ONE;

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

/// Serves the baseline on this port until the process ends.
pub(crate) async fn serve(port: u16, dsn: &str, pool_size: usize) -> Result<()> {
    let manager = Manager::new(dsn.parse()?, NoTls);
    let pool = Pool::builder(manager).max_size(pool_size).build()?;
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
