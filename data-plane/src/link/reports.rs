//! How an order went, said until it is heard; and what becomes of a switch that nobody hears of.
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{Inventory, MoveStep, Moved, Moving, Order, Outcome, ReadyDatabase, Report, Role, Task};
use tokio::time::Instant;

use super::client::Told;
use super::orders::PAUSES;
use super::{Inner, LinkError};
use crate::fleet::{Fleet, FleetError};
use crate::statements;

/// Of a switch that was not heard for so long the writers are let in again.
const UNHEARD: Duration = Duration::from_secs(5);
/// How often that is tried, before it is left to whoever lists what lies on the server.
const TAKE_BACK: u32 = 8;

/// Answers to what cannot be read, however often it is said: a newer program's report, or one that is too long.
const UNREADABLE: [u16; 4] = [400, 413, 415, 422];

/// What came of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It was heard that a tenant is to be served from its new place.
    Switched,
    /// Something else was heard, or that the order is another's.
    Else,
    /// As far as is known, nothing; or that the switch was not made.
    Nothing,
}

impl Inner {
    /// Does an order within its lease and says so. It is let go of in any case: what was not reported comes again.
    pub(super) async fn carry_out(&self, fleet: &Fleet, order: Order) {
        let lease = (order.id, order.fence);
        self.carry_out_and_report(fleet, order).await;
        self.let_go(lease);
    }

    /// Does an order within its lease, and says so until somebody hears it or the lease is over. A switch that nobody hears of is taken back:
    /// a hotel is not kept from writing by a control plane that is away.
    async fn carry_out_and_report(&self, fleet: &Fleet, order: Order) {
        let switching = match &order.task {
            Task::MoveTenant { step: MoveStep::Switch, moving } => Some(moving.clone()),
            _ => None,
        };
        let heard = self.make_and_report(fleet, order, switching.is_some()).await;
        if let Some(moving) = switching {
            self.settle(fleet, &moving, heard).await;
        }
    }

    /// Whether somebody heard how an order went, and took it to be this worker's.
    async fn make_and_report(&self, fleet: &Fleet, order: Order, switching: bool) -> Heard {
        let lease = (order.id, order.fence);
        let progress = self.progress(lease);
        let made = tokio::select! {
            biased;
            () = self.until_over(lease) => return Heard::Nothing,
            made = progress.of(Box::pin(self.make(fleet, &order.task))) => made,
        };
        let outcome = match made {
            Ok(outcome) => outcome,
            Err(error) if error.is_final() => Outcome::Refused { reason: error.reason() },
            Err(error) => Outcome::Failed { reason: error.reason() },
        };
        if let Outcome::Failed { reason } | Outcome::Refused { reason } = &outcome {
            tracing::warn!(order.id = %order.id.0, reason, "an order could not be carried out");
        }
        let switched = matches!(outcome, Outcome::Moved(Moved::Switched { .. }));
        let report = Report { order: order.id, fence: order.fence, outcome };
        let over = self.over(lease);
        let until = if switching { over.min(Instant::now() + UNHEARD) } else { over };
        match tokio::time::timeout_at(until, self.say(&report)).await {
            Ok(Ok(Told::Taken)) if switched => Heard::Switched,
            Ok(Ok(Told::NotMade)) => Heard::Nothing,
            Ok(Ok(_)) => Heard::Else,
            Ok(Err(status)) => {
                self.say_unreadable(&report, status, until).await;
                Heard::Nothing
            }
            Err(_) => Heard::Nothing,
        }
    }

    /// Says of an order how it went without what cannot be said of it.
    async fn say_unreadable(&self, report: &Report, status: u16, until: Instant) {
        let reason = format!("the control plane cannot read what this worker says of the order: it answered {status}");
        tracing::error!(order.id = %report.order.0, reason, "a report was not taken");
        let outcome = Outcome::Failed { reason };
        let _ = tokio::time::timeout_at(until, self.say(&Report { outcome, ..report.clone() })).await;
    }

    /// Reports until it is heard; what became of it.
    ///
    /// # Errors
    /// The status of an answer that would be the same again: the report cannot be read.
    async fn say(&self, report: &Report) -> Result<Told, u16> {
        let mut failures = 0;
        loop {
            match self.client.report(report).await {
                Ok(told) => return Ok(told),
                Err(LinkError::Answered(status)) if UNREADABLE.contains(&status) => return Err(status),
                Err(error) => {
                    failures += 1;
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "a report was not heard; saying it again"
                    );
                    tokio::time::sleep(PAUSES.after(failures, &self.parts.entropy)).await;
                }
            }
        }
    }

    /// After a switch: its writers go on at the target where it was heard, and at the source where it was not.
    async fn settle(&self, fleet: &Fleet, moving: &Moving, heard: Heard) {
        match heard {
            Heard::Else => {}
            Heard::Switched => {
                if let Err(error) = fleet.pass_on(moving).await {
                    tracing::warn!(tenant = %moving.tenant, reason = error.reason(), "writers wait for the next step of a move");
                }
            }
            Heard::Nothing => {
                for failures in 1..=TAKE_BACK {
                    match fleet.take_back(moving).await {
                        Ok(was_shut) => return note(moving.tenant, was_shut),
                        Err(error) => {
                            tracing::debug!(tenant = %moving.tenant, reason = error.reason(), "writers cannot be let in again; trying again");
                        }
                    }
                    tokio::time::sleep(PAUSES.after(failures, &self.parts.entropy)).await;
                }
            }
        }
    }

    /// Has an order carried out. A database that was made ready has its doors open before anybody hears of it.
    async fn make(&self, fleet: &Fleet, task: &Task) -> Result<Outcome, FleetError> {
        let outcome = fleet.carry_out(task).await?;
        if let Task::PrepareDatabase { cluster, database, .. } = task {
            let ready = ReadyDatabase { cluster: cluster.clone(), database: database.clone() };
            fleet.stand_by_also(&ready).await;
            if self.parts.roles.contains(&Role::Serve) {
                self.parts.pools.open_ahead_also(&ready, statements::ASKED_FIRST).await;
            }
        }
        Ok(outcome)
    }
}

/// Lets writers in again wherever a move keeps them out.
pub(super) async fn take_all_back(fleet: &Fleet, seen: &Inventory) {
    for database in &seen.slots {
        match fleet.take_all_back(&seen.cluster, database).await {
            Ok(true) => {
                tracing::error!(database, "nobody hears of a switch: writers are let in again where the hotel was")
            }
            Ok(false) => {}
            Err(error) => tracing::debug!(database, reason = error.reason(), "writers cannot be let in again"),
        }
    }
}

fn note(tenant: TenantId, was_shut: bool) {
    if was_shut {
        tracing::error!(tenant = %tenant, "nobody heard of a switch: writers are let in again where the hotel was");
    }
}
