//! The frame of everything staff do: permission, key, transaction, answer, wakes.
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{Flash, Kind, RequestKey, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::VendorStaff;
use crate::App;
use crate::database::Tx;
use crate::once::{self, Begun};
use crate::wakes::Wake;

/// Something the vendor's staff do: rule, rows and audit line in one transaction.
pub(crate) trait Act: Send {
    /// What is told of it; `()` is an answer without a body.
    type Told: Serialize;

    /// How that is answered, if there is anything to tell; 204 if not.
    const STATUS: StatusCode = StatusCode::OK;

    /// Who may find something to do afterwards.
    const WAKES: &'static [Wake] = &[Wake::Orders];

    /// Who may do it.
    fn needs(&self) -> StaffPermission;

    /// Does it within a transaction that the caller ends.
    ///
    /// # Errors
    ///
    /// What the rules refuse, as the caller is to be told.
    fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> impl Future<Output = Result<Self::Told>> + Send;
}

/// Whether something is done or only said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Done, once for each key.
    ForGood,
    /// Done and undone: the answer is what it would have been.
    DryRun,
}

/// How a door is asked for a dry run: `?dry_run=true`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    dry_run: bool,
}

impl Asked {
    /// What the query says; for good where it says nothing.
    pub(crate) fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::ForGood }
    }
}

impl VendorStaff {
    /// Does something, once for each key: a repeated request gets the first one's answer.
    ///
    /// # Errors
    ///
    /// 403 `not-permitted`, or what the act refuses. Nothing is kept of a refusal: the same request may be tried again.
    pub(crate) async fn does<A: Act>(&self, app: &App, act: A, (key, mode): (&RequestKey, Mode)) -> Result<Response> {
        self.may(act.needs())?;
        if mode == Mode::DryRun {
            let mut tx = app.db.begin().await?;
            return once::told(A::STATUS, &act.carry_out(app, &mut tx, self).await?);
        }
        let mut tx = match once::begin(app, &self.scope(), key).await? {
            Begun::Answered(kept) => return Ok(kept.into()),
            Begun::Fresh(tx) => tx,
        };
        let outcome = act.carry_out(app, &mut tx, self).await;
        let answer = tx.answer(A::STATUS, outcome).await?;
        A::WAKES.iter().for_each(|wake| app.wakes.wake(*wake));
        Ok(answer)
    }

    /// Does what a form on a tenant's page asks for and leads back there: the page says `said`, or why it is not done
    /// (`<family>.refused.<code>`).
    ///
    /// # Errors
    ///
    /// What nobody at the page can mend.
    pub(crate) async fn does_at_page<A: Act>(
        &self,
        app: &App,
        act: A,
        key: &RequestKey,
        (tenant, family, said): (Uuid, &str, &str),
    ) -> Result<Response> {
        let flash = match self.does(app, act, (key, Mode::ForGood)).await {
            Ok(_) => Flash::good(said),
            Err(refusal) if matches!(refusal.kind(), Kind::Conflict | Kind::Invalid) => {
                Flash::bad(&format!("{family}.refused.{}", refusal.code()))
            }
            Err(refusal) => return Err(refusal),
        };
        Ok(see_other(&format!("/vendor/tenants/{tenant}"), Some(&flash)))
    }
}
