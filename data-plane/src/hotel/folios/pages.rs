//! The folio as the desk works with it, and the receipt as the guest takes it home.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, Lang, Layout, Refused, Result, Shell, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::sheet::{FolioPage, May, ReceiptPage};
use super::{Cash, Charge, Folio, FolioId, Pieces, Seen};
use crate::hotel::step::{Clerk, Step, or_again};
use crate::hotel::{fields, forms, properties, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk/folios/{id}", get(show))
        .route("/desk/folios/{id}/receipt", get(receipt))
        .route("/desk/folios/{id}/lines", post(charge))
        .route("/desk/folios/{id}/lines/{line_id}/reverse", post(reverse_line))
        .route("/desk/folios/{id}/payments", post(pay))
        .route("/desk/folios/{id}/payments/{payment_id}/reverse", post(reverse_payment))
        .route("/desk/folios/{id}/post-nights", post(post_nights))
        .route("/desk/folios/{id}/close", post(close))
}

async fn show(tenant: Tenant, staff: Staff, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    sheet(&tenant, &staff, &visit, id, StatusCode::OK, Wrong::default()).await
}

/// What was wrong with the form that was sent: the payment's, or another.
#[derive(Default)]
struct Wrong {
    paying: Option<Refused>,
    other: Option<Refused>,
}

async fn sheet(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    id: Uuid,
    status: StatusCode,
    wrong: Wrong,
) -> Result<Response> {
    staff.may(Permission::FolioRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let (folio, codes) = (super::read(&db, FolioId(id)).await?, super::charge_codes(&db).await?);
    let may = May {
        post: staff.can(Permission::FolioPost),
        pay: staff.can(Permission::PaymentTake),
        reverse_lines: staff.can(Permission::FolioReverse),
        reverse_payments: staff.can(Permission::PaymentReverse),
    };
    let shell = shell::of(&property, tenant, staff, visit, "folio.title").titled(folio.stay.guest.clone());
    let mut page = FolioPage::of(&folio, &codes, visit.lang, &shell::zone(&property), may);
    page.prices_include_tax = property.prices_include_tax;
    page.form_key = forms::key(tenant);
    (page.refused, page.pay_refused) = (wrong.other, wrong.paying);
    forms::shown(tenant, status, &shell, &page)
}

async fn receipt(tenant: Tenant, staff: Staff, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::FolioRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let receipt = super::receipt(&db, FolioId(id)).await?;
    let shell = Shell::new(&visit, Layout::Print, &property.name, "receipt.title");
    let shell = shell.titled(receipt.number.clone().unwrap_or_else(|| receipt.folio_number.clone()));
    let page = ReceiptPage::of(receipt, id, visit.lang, &shell::zone(&property));
    forms::shown(&tenant, StatusCode::OK, &shell, &page)
}

#[derive(Deserialize)]
struct ChargeForm {
    version: String,
    charge_code: String,
    #[serde(default)]
    description: String,
    quantity: String,
    amount_idr: String,
}

#[derive(Deserialize)]
struct PayForm {
    version: String,
    amount_idr: String,
    #[serde(default)]
    tendered_idr: String,
}

#[derive(Deserialize)]
struct ReverseForm {
    version: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct NightsForm {
    version: String,
}

#[derive(Deserialize)]
struct CloseForm {
    version: String,
    #[serde(default)]
    keep: bool,
}

/// A folio at the version its page showed.
fn seen(folio: Uuid, version: &str) -> Result<Seen> {
    Ok(Seen { folio: FolioId(folio), version: forms::version(version)? })
}

/// Does what a form asks and leads back to the folio, or shows it with what was wrong.
async fn stepped(
    (clerk, visit, id): (&Clerk, &Visit, Uuid),
    step: Step<'_>,
    flash: &str,
    act: impl AsyncFnOnce(&Session) -> Result<Folio>,
) -> Result<Response> {
    let answer = step.land(flash, async |tx| act(tx).await.map(|_| format!("/desk/folios/{id}")));
    or_again(answer.await, async |status, refused| {
        let wrong = Wrong { other: Some(refused), ..Wrong::default() };
        sheet(&clerk.tenant, &clerk.staff, visit, id, status, wrong).await
    })
    .await
}

async fn charge(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<ChargeForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &key)?;
    stepped((&clerk, &visit, id), step, "flash.folio.charged", async |tx| {
        let price = forms::rupiah("amount_idr", &form.amount_idr)?;
        let pieces = Pieces::new(forms::whole("quantity", &form.quantity)?, price)?;
        let description = fields::text("description", &form.description, 200)?;
        let charge = Charge { code: form.charge_code, description, pieces };
        super::charge(tx, &clerk.tenant, &clerk.actor(), seen(id, &form.version)?, charge).await
    })
    .await
}

async fn pay(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<PayForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::PaymentTake, &key)?;
    let answer = step.land("flash.folio.paid", async |tx| {
        let amount = forms::rupiah("amount_idr", &form.amount_idr)?;
        let cash = Cash::new(amount, forms::maybe_rupiah("tendered_idr", &form.tendered_idr)?)?;
        super::take_cash(tx, &clerk.tenant, &clerk.actor(), seen(id, &form.version)?, cash).await?;
        Ok(format!("/desk/folios/{id}"))
    });
    or_again(answer.await, async |status, refused| {
        let wrong = Wrong { paying: Some(refused), ..Wrong::default() };
        sheet(&clerk.tenant, &clerk.staff, &visit, id, status, wrong).await
    })
    .await
}

async fn reverse_line(
    clerk: Clerk,
    visit: Visit,
    Path((id, line)): Path<(Uuid, Uuid)>,
    FormBody(form, key): FormBody<ReverseForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::FolioReverse, &key)?;
    stepped((&clerk, &visit, id), step, "flash.folio.reversed", async |tx| {
        let (seen, reason) = form.understood(id)?;
        super::reverse_line(tx, &clerk.tenant, &clerk.actor(), seen, line, &reason).await
    })
    .await
}

async fn reverse_payment(
    clerk: Clerk,
    visit: Visit,
    Path((id, payment)): Path<(Uuid, Uuid)>,
    FormBody(form, key): FormBody<ReverseForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::PaymentReverse, &key)?;
    stepped((&clerk, &visit, id), step, "flash.folio.reversed", async |tx| {
        let (seen, reason) = form.understood(id)?;
        super::reverse_payment(tx, &clerk.tenant, &clerk.actor(), seen, payment, &reason).await
    })
    .await
}

async fn post_nights(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<NightsForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &key)?;
    stepped((&clerk, &visit, id), step, "flash.folio.nights", async |tx| {
        super::post_nights(tx, &clerk.tenant, &clerk.actor(), seen(id, &form.version)?).await
    })
    .await
}

async fn close(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<CloseForm>,
) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &key)?;
    stepped((&clerk, &visit, id), step, "flash.folio.closed", async |tx| {
        super::close(tx, &clerk.tenant, &clerk.actor(), seen(id, &form.version)?, form.keep).await
    })
    .await
}

impl ReverseForm {
    /// What is taken back, and why.
    fn understood(&self, folio: Uuid) -> Result<(Seen, String)> {
        Ok((seen(folio, &self.version)?, fields::filled("reason", &self.reason, 200)?))
    }
}

/// The name of a charge in the reader's language.
pub(super) fn name_of<'a>(lang: Lang, id: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Id => id,
        Lang::En => en,
    }
}
