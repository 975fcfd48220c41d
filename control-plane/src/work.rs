//! The loops that run beside or instead of the doors: hearing other processes, the stock of databases, orders
//! nobody will report, letters.
use std::error::Error;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::App;
use crate::fleet::{orders, ready};
use crate::mails;
use crate::wakes::Wake;

/// How often the controllers look without being woken.
const LOOK: Duration = Duration::from_secs(5);

/// Starts what a process that serves needs: it hears what other processes commit.
pub(crate) fn listen(app: &App, tasks: &mut JoinSet<()>) {
    let app = app.clone();
    tasks.spawn(async move { app.wakes.relay(&app.db.durable, app.stop.clone()).await });
}

/// Starts the controllers. Several processes may run them.
pub(crate) fn start(app: &App, tasks: &mut JoinSet<()>) {
    tasks.spawn(keep_fleet(app.clone()));
    tasks.spawn(send_letters(app.clone()));
}

/// Keeps the stock of ready-made databases, and shows to staff what was leased for the last time and never reported.
async fn keep_fleet(app: App) {
    let mut ear = app.wakes.listen(Wake::Orders);
    while !app.stopping() {
        if let Err(error) = ready::keep_stock(&app).await {
            tracing::warn!(error = &error as &dyn Error, "the stock of databases was not looked after");
        }
        match orders::sweep(&app.db.durable, app.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::error!(count, "work orders were given up; staff must look"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "work orders were not looked after"),
        }
        app.wait(&mut ear, LOOK).await;
        // A burst of wakes is one look.
        tokio::time::sleep(Duration::from_millis(100)).await;
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
    }
}
