//! The loops that run beside or instead of the doors: hearing other processes, the stock of databases, orders
//! nobody will report, letters.
use std::error::Error;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::App;
use crate::fleet::{Gauges, chores, feed, moves, orders, ready, rollouts};
use crate::wakes::Wake;
use crate::{backups, exports, imports, mails, once, tenants};

/// How often the controllers look without being woken.
const LOOK: Duration = Duration::from_secs(5);

/// The same for the stock of databases: where a disk falls behind, one a second is made.
const LOOK_AT_STOCK: Duration = Duration::from_secs(1);

/// How long what nobody waits for steps aside for what somebody does.
const ASIDE: Duration = Duration::from_millis(100);

/// How often kept answers are looked through.
const FORGET: Duration = Duration::from_secs(3_600);

/// Starts what a process that serves needs: it hears what other processes commit.
pub(crate) fn listen(app: &App, tasks: &mut JoinSet<()>) {
    let app = app.clone();
    tasks.spawn(async move { app.wakes.relay(&app.db.durable, app.stop.clone()).await });
}

/// How often what is old is looked for, and the fleet is counted.
const ROUND: Duration = Duration::from_secs(15);

/// Starts the controllers. Several processes may run them.
pub(crate) fn start(app: &App, tasks: &mut JoinSet<()>) -> Result<(), prometheus::Error> {
    tasks.spawn(make_rounds(app.clone(), Gauges::register(&app.metrics)?));
    tasks.spawn(tidy_exchange(app.clone()));
    tasks.spawn(keep_fleet(app.clone()));
    tasks.spawn(send_letters(app.clone()));
    tasks.spawn(feed::leave_table(app.clone()));
    tasks.spawn(forget_answers(app.clone()));
    Ok(())
}

/// Has what is old dropped, one by one, and counts what there is.
async fn make_rounds(app: App, gauges: Gauges) {
    while !app.stopping() {
        match ready::retire_old(&app).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "databases or templates nobody needs are being dropped; the audit log says why")
            }
            Err(error) => tracing::warn!(error = &error as &dyn Error, "what is old was not looked for"),
        }
        match tenants::reap(&app).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "databases of deleted hotels are being dropped; their days of grace are over")
            }
            Err(error) => tracing::warn!(error = &error as &dyn Error, "deleted hotels were not looked after"),
        }
        match backups::drive(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "backups that are due are being taken"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "backups were not looked after"),
        }
        if let Err(error) = gauges.look(&app).await {
            tracing::warn!(error = &error as &dyn Error, "the fleet was not counted");
        }
        tokio::select! { () = tokio::time::sleep(ROUND) => {}, () = app.stop.cancelled() => {} }
    }
}

/// Removes what is old from the exchange: by itself, for a store that does not answer takes its time.
async fn tidy_exchange(app: App) {
    while !app.stopping() {
        let tidied = tokio::select! {
            tidied = async { tokio::try_join!(exports::tidy(&app), imports::tidy(&app)) } => tidied,
            () = app.stop.cancelled() => return,
        };
        match tidied {
            Ok((0, 0)) => {}
            Ok((gone, come)) => tracing::info!(gone, come, "old exports and imports were removed from the exchange"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "the exchange was not tidied up"),
        }
        tokio::select! { () = tokio::time::sleep(ROUND) => {}, () = app.stop.cancelled() => {} }
    }
}

/// Keeps the stock of ready-made databases, drives the rollout that runs and the moves, and shows to staff what was leased for the last time and never reported.
async fn keep_fleet(app: App) {
    let mut ear = app.wakes.listen(Wake::Orders);
    while !app.stopping() {
        if let Err(error) = ready::keep_stock(&app).await {
            tracing::warn!(error = &error as &dyn Error, "the stock of databases was not looked after");
        }
        if let Err(error) = rollouts::drive(&app).await {
            tracing::warn!(error = &error as &dyn Error, "rollouts were not looked after");
        }
        if let Err(error) = moves::drive(&app).await {
            tracing::warn!(error = &error as &dyn Error, "moves were not looked after");
        }
        match orders::sweep(&app.db.durable, app.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::error!(count, "work orders were given up; staff must look"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "work orders were not looked after"),
        }
        if let Err(error) = chores::drive(&app).await {
            tracing::warn!(error = &error as &dyn Error, "chores were not looked after");
        }
        app.wait(&mut ear, LOOK_AT_STOCK).await;
        // A burst of wakes is one look.
        tokio::time::sleep(ASIDE).await;
    }
}

/// Lets go the answers nobody will ask for again.
async fn forget_answers(app: App) {
    while !app.stopping() {
        if let Err(error) = once::forget_old(&app.db.relaxed, app.clock.now()).await {
            tracing::warn!(error = &error as &dyn Error, "kept answers were not let go");
        }
        tokio::select! { () = tokio::time::sleep(FORGET) => {}, () = app.stop.cancelled() => {} }
    }
}

/// Sends letters as they are written.
async fn send_letters(app: App) {
    let Some(mailer) = app.mailer.clone() else {
        return tracing::warn!("HOTELHUB_SMTP_URL is not set: letters wait");
    };
    let mut ear = app.wakes.listen(Wake::Letters);
    while !app.stopping() {
        if let Err(error) = mails::send_due(&app, &mailer).await {
            tracing::warn!(error = &error as &dyn Error, "letters were not looked after");
        }
        app.wait(&mut ear, LOOK).await;
        // The letter of a sign-up lets the hotel open first.
        tokio::time::sleep(ASIDE).await;
    }
}
