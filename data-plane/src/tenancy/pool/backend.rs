//! One connection to one tenant's database: watched, and closed on anything but clean idle.
use std::sync::Arc;

use prometheus::IntCounter;
use tokio_postgres::Config;

use super::budget::{Parting, Permit};
use super::dial::{DialError, Dialled, dial};
use crate::tenancy::line::Line;
use crate::tenancy::wire::Wire;
use crate::tenancy::{Guard, Session};

/// An open connection. Dropped while anything is under way it is cut, and the server rolls back.
pub(in crate::tenancy) struct Backend {
    session: Session,
    wire: Arc<Wire>,
    line: Arc<Line>,
    parting: Parting,
}

impl Backend {
    pub(in crate::tenancy) fn session(&self) -> &Session {
        &self.session
    }

    /// Itself if it may be lent; else it is closed, and counted unless the server had hung up.
    pub(super) fn clean(self: Box<Self>, dirty: &IntCounter) -> Option<Box<Self>> {
        let is_clean = self.is_clean();
        if !is_clean && !self.session.is_closed() {
            dirty.inc();
        }
        is_clean.then_some(self)
    }

    /// Whether it may be lent again: nothing under way, no transaction, no half frame, no call somebody gave up.
    pub(super) fn is_clean(&self) -> bool {
        let is_clean = self.session.is_quiet() && self.wire.is_idle();
        (is_clean || !Guard::CleanConnection.stands()) && !self.session.is_closed()
    }

    /// Whether it may go back to the shelf: sound, and its prepared statements of use. The last `ReadyForQuery` may still be on its way: the next checkout looks again.
    pub(super) fn is_sound(&self) -> bool {
        let is_sound = self.session.is_quiet() && !self.wire.is_in_transaction();
        (is_sound || !Guard::CleanConnection.stands()) && !self.session.is_closed() && !self.session.has_outlived()
    }

    /// The lane that hears its socket: see [`hotelhub_web::lanes::here`].
    pub(super) fn lane(&self) -> usize {
        self.wire.lane()
    }

    /// Whether it is to be closed because the budget is short of a connection: then it counts as being closed already.
    pub(super) fn makes_room(&self) -> bool {
        self.parting.begin_if_short()
    }

    /// Leaves the connection to its driver until it is lent again.
    pub(super) fn rest(&self) {
        self.line.rest();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // One that is cut in the middle of something may stay for a second, at the server: nobody is made to wait for that.
        if self.is_sound() {
            self.parting.begin();
        }
        if self.is_clean() {
            self.line.rest();
        } else {
            self.line.cut();
        }
    }
}

/// A connection of which nobody has asked anything yet.
pub(super) async fn connect(config: &Config, permit: Permit) -> Result<Backend, DialError> {
    let parting = permit.parting();
    let Dialled { client, connection, wire } = dial(config, permit).await?;
    let (line, driver) = Line::new(Box::pin(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a tenant's connection ended");
        }
    }));
    tokio::spawn(driver);
    Ok(Backend { session: Session::driving(client, line.clone()), wire, line, parting })
}
