//! The process: doors, loops, and an orderly end.
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_web::lanes::Lanes;
use hotelhub_web::server::{Limits, serve as serve_http, stop_signal};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::{App, health, router, work};

/// Answers at the doors until a signal, then drains; with `work` the loops run beside.
pub async fn serve(app: App, work: bool) -> Result<()> {
    hotelhub_central_migrations::check(&app.db.durable).await?;
    let listener = TcpListener::bind(app.settings.listen).await.context("HOTELHUB_LISTEN cannot be bound")?;
    let told = stop_signal();
    let mut tasks = JoinSet::new();
    work::listen(&app, &mut tasks);
    if work {
        work::start(&app, &mut tasks)?;
    }
    serve_metrics(&app, &mut tasks).await?;
    tracing::info!(address = %listener.local_addr()?, work, "listening");
    let stop = app.stop.clone();
    let shutdown = async move {
        tokio::select! { () = told => {}, () = stop.cancelled() => {} }
        stop.cancel();
    };
    serve_http(listener, router::router(&app), Limits::default(), Lanes::none(), shutdown).await;
    end(&app, tasks).await;
    Ok(())
}

/// Runs the loops without a door until a signal.
pub async fn work(app: App) -> Result<()> {
    hotelhub_central_migrations::check(&app.db.durable).await?;
    let told = stop_signal();
    let mut tasks = JoinSet::new();
    work::listen(&app, &mut tasks);
    work::start(&app, &mut tasks)?;
    serve_metrics(&app, &mut tasks).await?;
    tracing::info!("working");
    told.await;
    app.stop.cancel();
    end(&app, tasks).await;
    Ok(())
}

async fn serve_metrics(app: &App, tasks: &mut JoinSet<()>) -> Result<()> {
    let Some(address) = app.settings.metrics_listen else { return Ok(()) };
    let listener = TcpListener::bind(address).await.context("HOTELHUB_METRICS_LISTEN cannot be bound")?;
    tracing::info!(address = %listener.local_addr()?, "showing metrics");
    let router = app.metrics.router().merge(health::of(app).router());
    tasks.spawn(serve_http(listener, router, Limits::default(), Lanes::none(), app.stop.clone().cancelled_owned()));
    Ok(())
}

/// Lets the loops finish their step.
async fn end(app: &App, mut tasks: JoinSet<()>) {
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(10), finished).await.is_err() {
        tracing::warn!("a loop was cut off");
    }
    app.db.durable.close().await;
    app.db.relaxed.close().await;
    tracing::info!("stopped");
}
