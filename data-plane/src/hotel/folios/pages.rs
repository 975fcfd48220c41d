//! The folio as the desk works with it, and the receipt as the guest takes it home.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_kernel::Rupiah;
use hotelhub_web::{FormBody, IfMatch, Lang, Layout, Refused, RequestKey, Result, Shell, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::sheet::{FolioPage, May, ReceiptPage};
use super::{Cash, Charge, Folio, FolioId, Pieces, Seen};
use crate::hotel::{fields, forms, properties, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::{OnceTx, Tenant};

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
}

async fn show(tenant: Tenant, staff: Staff, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    sheet(&tenant, &staff, &visit, id, StatusCode::OK, None).await
}

async fn sheet(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    id: Uuid,
    status: StatusCode,
    refused: Option<Refused>,
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
    page.refused = refused;
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

/// One change of a folio: which one, and by which version and key.
struct Change<'a> {
    tenant: &'a Tenant,
    staff: &'a Staff,
    folio: Uuid,
    key: &'a RequestKey,
}

impl Change<'_> {
    fn seen(&self, version: &str) -> Result<Seen> {
        Ok(Seen { folio: FolioId(self.folio), version: IfMatch(forms::whole("version", version)?) })
    }

    async fn begin(&self) -> Result<Result<OnceTx, Response>> {
        forms::begin(self.tenant, &self.staff.scope(), self.key).await
    }

    async fn land(&self, tx: OnceTx, outcome: Result<Folio>, flash: &str) -> Result<Response> {
        forms::land(tx, outcome, &format!("/desk/folios/{}", self.folio), flash).await
    }
}

/// The answer of a form: where it leads, or the folio again with what was wrong.
async fn answered(change: Change<'_>, visit: &Visit, outcome: Result<Response>) -> Result<Response> {
    match outcome {
        Ok(response) => Ok(response),
        Err(error) => {
            let (status, refused) = forms::again(error)?;
            sheet(change.tenant, change.staff, visit, change.folio, status, Some(refused)).await
        }
    }
}

async fn charge(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<ChargeForm>,
) -> Result<Response> {
    staff.may(Permission::FolioPost)?;
    let change = Change { tenant: &tenant, staff: &staff, folio: id, key: &key };
    let outcome = try_charge(&change, form).await;
    answered(change, &visit, outcome).await
}

async fn try_charge(change: &Change<'_>, form: ChargeForm) -> Result<Response> {
    let seen = change.seen(&form.version)?;
    let price = forms::rupiah("amount_idr", &form.amount_idr)?;
    let pieces = Pieces::new(forms::whole("quantity", &form.quantity)?, price)?;
    let description = fields::text("description", &form.description, 200)?;
    let charge = Charge { code: form.charge_code, description, pieces };
    let tx = match change.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::charge(&tx, change.tenant, &change.staff.actor(), seen, charge).await;
    change.land(tx, outcome, "flash.folio.charged").await
}

async fn pay(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<PayForm>,
) -> Result<Response> {
    staff.may(Permission::PaymentTake)?;
    let change = Change { tenant: &tenant, staff: &staff, folio: id, key: &key };
    let outcome = try_pay(&change, form).await;
    answered(change, &visit, outcome).await
}

async fn try_pay(change: &Change<'_>, form: PayForm) -> Result<Response> {
    let seen = change.seen(&form.version)?;
    let amount: Rupiah = forms::rupiah("pay_idr", &form.amount_idr)?;
    let cash = Cash::new(amount, forms::maybe_rupiah("tendered_idr", &form.tendered_idr)?)?;
    let tx = match change.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::take_cash(&tx, change.tenant, &change.staff.actor(), seen, cash).await;
    change.land(tx, outcome, "flash.folio.paid").await
}

async fn reverse_line(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path((id, line)): Path<(Uuid, Uuid)>,
    FormBody(form, key): FormBody<ReverseForm>,
) -> Result<Response> {
    staff.may(Permission::FolioReverse)?;
    let change = Change { tenant: &tenant, staff: &staff, folio: id, key: &key };
    let outcome = try_reverse_line(&change, line, form).await;
    answered(change, &visit, outcome).await
}

async fn try_reverse_line(change: &Change<'_>, line: Uuid, form: ReverseForm) -> Result<Response> {
    let seen = change.seen(&form.version)?;
    let reason = fields::filled("reason", &form.reason, 200)?;
    let tx = match change.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::reverse_line(&tx, change.tenant, &change.staff.actor(), seen, line, &reason).await;
    change.land(tx, outcome, "flash.folio.reversed").await
}

async fn reverse_payment(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path((id, payment)): Path<(Uuid, Uuid)>,
    FormBody(form, key): FormBody<ReverseForm>,
) -> Result<Response> {
    staff.may(Permission::PaymentReverse)?;
    let change = Change { tenant: &tenant, staff: &staff, folio: id, key: &key };
    let outcome = try_reverse_payment(&change, payment, form).await;
    answered(change, &visit, outcome).await
}

async fn try_reverse_payment(change: &Change<'_>, payment: Uuid, form: ReverseForm) -> Result<Response> {
    let seen = change.seen(&form.version)?;
    let reason = fields::filled("reason", &form.reason, 200)?;
    let tx = match change.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::reverse_payment(&tx, change.tenant, &change.staff.actor(), seen, payment, &reason).await;
    change.land(tx, outcome, "flash.folio.reversed").await
}

async fn post_nights(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<NightsForm>,
) -> Result<Response> {
    staff.may(Permission::FolioPost)?;
    let change = Change { tenant: &tenant, staff: &staff, folio: id, key: &key };
    let outcome = try_post_nights(&change, form).await;
    answered(change, &visit, outcome).await
}

async fn try_post_nights(change: &Change<'_>, form: NightsForm) -> Result<Response> {
    let seen = change.seen(&form.version)?;
    let tx = match change.begin().await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::post_nights(&tx, change.tenant, &change.staff.actor(), seen).await;
    change.land(tx, outcome, "flash.folio.nights").await
}

/// The name of a charge in the reader's language.
pub(super) fn name_of<'a>(lang: Lang, id: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Id => id,
        Lang::En => en,
    }
}
