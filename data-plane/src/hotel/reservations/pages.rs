//! Reservations as the desk lists, makes and changes them.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_kernel::Page as Cut;
use hotelhub_web::preferences::local;
use hotelhub_web::{FormBody, IfMatch, PageQuery, Query, Refused, RequestKey, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::listing::ListPage;
use super::view::{DetailPage, May};
use super::{Amendment, Search, Status, changing, sheets};
use crate::hotel::{fields, forms, front_desk, properties, rates, rooms, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{OnceTx, Tenant};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk/reservations", get(list))
        .route("/desk/reservations/{id}", get(detail))
        .route("/desk/reservations/{id}/amend", post(amend))
        .route("/desk/reservations/{id}/confirm", post(confirm))
        .route("/desk/reservations/{id}/cancel", post(cancel))
        .route("/desk/reservations/{id}/no-show", post(no_show))
        .merge(super::new::pages())
}

#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) q: String,
}

/// Rows on a page.
const ROWS: usize = 30;

async fn list(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    page: PageQuery,
    Query(filter): Query<Filter>,
) -> Result<Response> {
    staff.may(Permission::ReservationRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let text = fields::text("q", &filter.q, 120)?;
    let known = Status::parse(&filter.status);
    // Unasked, the list is what lies ahead; a search goes through everything.
    let ahead = known.is_none() && filter.status != "all" && text.is_empty();
    let search = Search {
        statuses: known.map_or_else(|| if ahead { OPEN.to_vec() } else { Vec::new() }, |status| vec![status]),
        text,
        ..Search::default()
    };
    let rows = sheets::list(&db, &search, page.cursor.as_ref(), ROWS).await?;
    let cut = Cut::cut(rows, ROWS, sheets::place);
    let shell = shell::of(&property, &tenant, &staff, &visit, "nav.reservations");
    let may_book = staff.can(Permission::ReservationCreate);
    forms::shown(&tenant, StatusCode::OK, &shell, &ListPage::of(cut, &filter, visit.lang, may_book))
}

const OPEN: [Status; 3] = [Status::Hold, Status::Confirmed, Status::InHouse];

async fn detail(tenant: Tenant, staff: Staff, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    show(&tenant, &staff, &visit, id, StatusCode::OK, None).await
}

/// A reservation's page, with what was wrong when a form was refused.
pub(crate) async fn show(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    id: Uuid,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    staff.may(Permission::ReservationRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let reservation = sheets::by_id(&db, id).await?;
    let from = reservation.arrival.max(property.business_date).min(reservation.departure);
    let days = super::Stay::new(from, reservation.departure).map_or(1, super::Stay::nights);
    let days = days.min(front_desk::LONGEST_CHART);
    let chart = front_desk::tape_chart(&db, Some(from), days, tenant.clock().now()).await?;
    let types = rooms::types_of_house(&db, None, 200).await?;
    let plans = rates::plans_of_house(&db, None, 200).await?;
    let shell = shell::of(&property, tenant, staff, visit, "reservation.title").titled(reservation.guest.name.clone());
    let mut page = DetailPage::of(&reservation, &chart, &types, &plans, visit.lang, May::of(staff));
    page.hold_until = reservation.hold_until.map(|at| hotelhub_web::format::time(at, &shell::zone(&property)));
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

#[derive(Deserialize)]
struct AmendForm {
    version: String,
    arrival: String,
    departure: String,
    room_type_id: String,
    rate_plan_id: String,
    adults: String,
    children: String,
    #[serde(default)]
    notes: String,
}

#[derive(Deserialize)]
struct EndForm {
    version: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
struct ConfirmForm {
    booking_id: Uuid,
}

/// A change of a reservation, asked by somebody.
struct Asked<'a> {
    tenant: &'a Tenant,
    staff: &'a Staff,
    visit: &'a Visit,
    id: Uuid,
    key: &'a RequestKey,
}

impl Asked<'_> {
    async fn begin(&self) -> Result<Result<OnceTx, Response>> {
        forms::begin(self.tenant, &self.staff.scope(), self.key).await
    }

    async fn land<T>(&self, tx: OnceTx, outcome: Result<T>, back: &str, flash: &str) -> Result<Response> {
        let own = format!("/desk/reservations/{}", self.id);
        forms::land(tx, outcome, if back.is_empty() { &own } else { local(back) }, flash).await
    }

    async fn answered(&self, outcome: Result<Response>) -> Result<Response> {
        match outcome {
            Ok(response) => Ok(response),
            Err(error) => {
                let (status, refused) = forms::again(error)?;
                show(self.tenant, self.staff, self.visit, self.id, status, Some(refused)).await
            }
        }
    }
}

async fn amend(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<AmendForm>,
) -> Result<Response> {
    staff.may(Permission::ReservationAmend)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key };
    let outcome = try_amend(&asked, form).await;
    asked.answered(outcome).await
}

async fn try_amend(asked: &Asked<'_>, form: AmendForm) -> Result<Response> {
    let seen = IfMatch(forms::whole("version", &form.version)?);
    let wish = Amendment {
        arrival: Some(forms::date("arrival", &form.arrival)?),
        departure: Some(forms::date("departure", &form.departure)?),
        room_type_id: Some(forms::choice("room_type_id", &form.room_type_id)?),
        rate_plan_id: Some(forms::choice("rate_plan_id", &form.rate_plan_id)?),
        adults: Some(forms::whole("adults", &form.adults)?),
        children: Some(forms::whole("children", &form.children)?),
        notes: Some(form.notes),
    };
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = changing::amend_seen(&tx, asked.tenant, &asked.staff.actor(), asked.id, seen, wish).await;
    asked.land(tx, outcome, "", "flash.reservation.amended").await
}

async fn confirm(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<ConfirmForm>,
) -> Result<Response> {
    staff.may(Permission::ReservationCreate)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key };
    let outcome = try_confirm(&asked, form.booking_id).await;
    asked.answered(outcome).await
}

async fn try_confirm(asked: &Asked<'_>, booking: Uuid) -> Result<Response> {
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = changing::confirm(&tx, asked.tenant, &asked.staff.actor(), booking, None).await;
    asked.land(tx, outcome, "", "flash.reservation.confirmed").await
}

async fn cancel(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<EndForm>,
) -> Result<Response> {
    staff.may(Permission::ReservationCancel)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key };
    let outcome = try_cancel(&asked, form).await;
    asked.answered(outcome).await
}

async fn try_cancel(asked: &Asked<'_>, form: EndForm) -> Result<Response> {
    let seen = Some(IfMatch(forms::whole("version", &form.version)?));
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = changing::cancel(&tx, asked.tenant, &asked.staff.actor(), asked.id, seen, &form.reason).await;
    asked.land(tx, outcome, &form.back, "flash.reservation.cancelled").await
}

async fn no_show(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<EndForm>,
) -> Result<Response> {
    staff.may(Permission::ReservationCancel)?;
    let asked = Asked { tenant: &tenant, staff: &staff, visit: &visit, id, key: &key };
    let outcome = try_no_show(&asked, form).await;
    asked.answered(outcome).await
}

async fn try_no_show(asked: &Asked<'_>, form: EndForm) -> Result<Response> {
    let seen = Some(IfMatch(forms::whole("version", &form.version)?));
    let tx = match asked.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = changing::no_show(&tx, asked.tenant, &asked.staff.actor(), asked.id, seen, &form.reason).await;
    asked.land(tx, outcome, &form.back, "flash.reservation.no-show").await
}
