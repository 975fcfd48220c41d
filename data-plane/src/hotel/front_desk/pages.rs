//! The desk's HTML doors: the day, and one form per step with a guest.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::preferences::local;
use hotelhub_web::{FormBody, IfMatch, RequestKey, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::dashboard::{DashboardPage, May};
use super::{Arriving, Placing, Seen, tape};
use crate::hotel::{forms, properties, reservations, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{OnceTx, Tenant};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk", get(dashboard))
        .route("/desk/reservations/{id}/assign-room", post(assign))
        .route("/desk/reservations/{id}/unassign-room", post(unassign))
        .route("/desk/reservations/{id}/check-in", post(check_in))
        .route("/desk/reservations/{id}/revert-check-in", post(revert_check_in))
        .route("/desk/reservations/{id}/check-out", post(check_out))
        .merge(tape::pages())
}

async fn dashboard(tenant: Tenant, staff: Staff, visit: Visit) -> Result<Response> {
    staff.may(Permission::FrontdeskRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let day = super::front_desk(&db).await?;
    let may = May {
        book: staff.can(Permission::ReservationCreate),
        assign: staff.can(Permission::FrontdeskAssign),
        check_in: staff.can(Permission::FrontdeskCheckin),
        check_out: staff.can(Permission::FrontdeskCheckout),
    };
    let shell = shell::of(&property, &tenant, &staff, &visit, "nav.dashboard");
    let mut page = DashboardPage::of(&day, visit.lang, may);
    page.form_key = forms::key(&tenant);
    page.newcomer = (!staff.has_password).then_some(staff.email);
    forms::shown(&tenant, StatusCode::OK, &shell, &page)
}

/// What every step's form carries: the version seen, and where to go afterwards.
#[derive(Deserialize)]
struct Step {
    version: String,
    #[serde(default)]
    back: String,
    #[serde(default)]
    room_id: String,
    #[serde(default)]
    accept_dirty: bool,
}

/// A step with a guest, asked by somebody.
struct Asked<'a> {
    tenant: &'a Tenant,
    staff: &'a Staff,
    visit: &'a Visit,
    id: Uuid,
    key: &'a RequestKey,
    step: Step,
}

impl Asked<'_> {
    fn seen(&self) -> Result<Seen> {
        Ok(Seen { reservation: self.id, version: IfMatch(forms::whole("version", &self.step.version)?) })
    }

    fn room(&self) -> Result<Option<Uuid>> {
        if self.step.room_id.is_empty() { Ok(None) } else { forms::choice("room_id", &self.step.room_id).map(Some) }
    }

    fn may_change_type(&self) -> bool {
        self.staff.can(Permission::ReservationAmend)
    }

    async fn begin(&self) -> Result<Result<OnceTx, Response>> {
        forms::begin(self.tenant, &self.staff.scope(), self.key).await
    }

    async fn land<T>(&self, tx: OnceTx, outcome: Result<T>, flash: &str) -> Result<Response> {
        let own = format!("/desk/reservations/{}", self.id);
        let back = if self.step.back.is_empty() { own.as_str() } else { local(&self.step.back) };
        forms::land(tx, outcome, back, flash).await
    }

    /// The answer, or the reservation's page with what was wrong.
    async fn answered(&self, outcome: Result<Response>) -> Result<Response> {
        match outcome {
            Ok(response) => Ok(response),
            Err(error) => {
                let (status, refused) = forms::again(error)?;
                reservations::show(self.tenant, self.staff, self.visit, self.id, status, Some(refused)).await
            }
        }
    }
}

async fn assign(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(step, key): FormBody<Step>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskAssign)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key, step };
    let outcome = try_assign(&asked).await;
    asked.answered(outcome).await
}

async fn try_assign(asked: &Asked<'_>) -> Result<Response> {
    let seen = asked.seen()?;
    let room = forms::choice("room_id", &asked.step.room_id)?;
    let wish = Placing { room, from: None, may_change_type: asked.may_change_type() };
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::assign(&tx, asked.tenant, &asked.staff.actor(), seen, wish).await;
    asked.land(tx, outcome, "flash.desk.assigned").await
}

async fn unassign(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(step, key): FormBody<Step>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskAssign)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key, step };
    let outcome = try_unassign(&asked).await;
    asked.answered(outcome).await
}

async fn try_unassign(asked: &Asked<'_>) -> Result<Response> {
    let seen = asked.seen()?;
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::unassign(&tx, asked.tenant, &asked.staff.actor(), seen).await;
    asked.land(tx, outcome, "flash.desk.unassigned").await
}

async fn check_in(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(step, key): FormBody<Step>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskCheckin)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key, step };
    let outcome = try_check_in(&asked).await;
    asked.answered(outcome).await
}

async fn try_check_in(asked: &Asked<'_>) -> Result<Response> {
    let seen = asked.seen()?;
    let guest = Arriving {
        room: asked.room()?,
        accept_dirty: asked.step.accept_dirty,
        may_change_type: asked.may_change_type(),
    };
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::check_in(&tx, asked.tenant, &asked.staff.actor(), seen, guest).await;
    asked.land(tx, outcome, "flash.desk.checked-in").await
}

async fn revert_check_in(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(step, key): FormBody<Step>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskCheckin)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key, step };
    let outcome = try_revert_check_in(&asked).await;
    asked.answered(outcome).await
}

async fn try_revert_check_in(asked: &Asked<'_>) -> Result<Response> {
    let seen = asked.seen()?;
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::revert_check_in(&tx, asked.tenant, &asked.staff.actor(), seen).await;
    asked.land(tx, outcome, "flash.desk.reverted").await
}

async fn check_out(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(step, key): FormBody<Step>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskCheckout)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key, step };
    let outcome = try_check_out(&asked).await;
    asked.answered(outcome).await
}

async fn try_check_out(asked: &Asked<'_>) -> Result<Response> {
    let seen = asked.seen()?;
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::check_out(&tx, asked.tenant, &asked.staff.actor(), seen).await;
    asked.land(tx, outcome, "flash.desk.checked-out").await
}
