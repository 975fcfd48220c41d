//! Reservations as the desk lists, makes and changes them.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_kernel::Page as Cut;
use hotelhub_web::preferences::local;
use hotelhub_web::{FormBody, IfMatch, PageQuery, Query, Refused, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::listing::ListPage;
use super::view::{DetailPage, May};
use super::{Amendment, Reservation, Search, Status, changing, sheets};
use crate::hotel::step::{Clerk, or_again};
use crate::hotel::{fields, forms, front_desk, properties, rates, rooms, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk/reservations", get(list))
        .route("/desk/reservations/{id}", get(detail))
        .route("/desk/reservations/{id}/amend", post(amend))
        .route("/desk/reservations/{id}/confirm", post(confirm))
        .route("/desk/reservations/{id}/cancel", post(cancel))
        .route("/desk/reservations/{id}/no-show", post(no_show))
        .route("/desk/reservations/{id}/reinstate", post(reinstate))
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
async fn show(
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

/// The answer of a form, or the reservation's page with what was wrong.
pub(crate) async fn or_shown(clerk: &Clerk, visit: &Visit, id: Uuid, answer: Result<Response>) -> Result<Response> {
    or_again(answer, async |status, refused| show(&clerk.tenant, &clerk.staff, visit, id, status, Some(refused)).await)
        .await
}

impl AmendForm {
    fn wish(self) -> Result<Amendment> {
        Ok(Amendment {
            arrival: Some(forms::date("arrival", &self.arrival)?),
            departure: Some(forms::date("departure", &self.departure)?),
            room_type_id: Some(forms::choice("room_type_id", &self.room_type_id)?),
            rate_plan_id: Some(forms::choice("rate_plan_id", &self.rate_plan_id)?),
            adults: Some(forms::whole("adults", &self.adults)?),
            children: Some(forms::whole("children", &self.children)?),
            notes: Some(self.notes),
        })
    }
}

fn its_page(reservation: Uuid) -> String {
    format!("/desk/reservations/{reservation}")
}

async fn amend(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<AmendForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::ReservationAmend, &key)?;
    let answer = step.land("flash.reservation.amended", async |tx| {
        let seen = forms::version(&form.version)?;
        changing::amend_seen(tx, &clerk.tenant, &clerk.actor(), id, seen, form.wish()?).await?;
        Ok(its_page(id))
    });
    or_shown(&clerk, &visit, id, answer.await).await
}

async fn confirm(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<ConfirmForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCreate, &key)?;
    let answer = step.land("flash.reservation.confirmed", async |tx| {
        changing::confirm(tx, &clerk.tenant, &clerk.actor(), form.booking_id, None).await?;
        Ok(its_page(id))
    });
    or_shown(&clerk, &visit, id, answer.await).await
}

/// A form that ends a reservation or takes its end back, and who sent it.
type Ending = (Clerk, Visit, Path<Uuid>, FormBody<EndForm>);

/// Ends a reservation or takes its end back, and leads back to where the form stood, or shows the reservation with what was wrong.
async fn ended(
    (clerk, visit, Path(id), FormBody(form, key)): &Ending,
    flash: &str,
    act: impl AsyncFnOnce(&Session, IfMatch) -> Result<Reservation>,
) -> Result<Response> {
    let step = clerk.step(Permission::ReservationCancel, key)?;
    let answer = step.land(flash, async |tx| {
        act(tx, forms::version(&form.version)?).await?;
        Ok(if form.back.is_empty() { its_page(*id) } else { local(&form.back).to_owned() })
    });
    or_shown(clerk, visit, *id, answer.await).await
}

async fn cancel(sent: Ending) -> Result<Response> {
    let (clerk, _, Path(id), FormBody(form, _)) = &sent;
    ended(&sent, "flash.reservation.cancelled", async |tx, seen| {
        changing::cancel(tx, &clerk.tenant, &clerk.actor(), *id, Some(seen), &form.reason).await
    })
    .await
}

async fn no_show(sent: Ending) -> Result<Response> {
    let (clerk, _, Path(id), FormBody(form, _)) = &sent;
    ended(&sent, "flash.reservation.no-show", async |tx, seen| {
        changing::no_show(tx, &clerk.tenant, &clerk.actor(), *id, seen, &form.reason).await
    })
    .await
}

async fn reinstate(sent: Ending) -> Result<Response> {
    let (clerk, _, Path(id), _) = &sent;
    ended(&sent, "flash.reservation.reinstated", async |tx, seen| {
        changing::reinstate(tx, &clerk.tenant, &clerk.actor(), *id, seen).await
    })
    .await
}
