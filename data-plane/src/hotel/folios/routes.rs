//! The folio's JSON doors.
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_kernel::Rupiah;
use hotelhub_web::{AppError, IfMatch, Kind, Nothing, Posted, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Cash, Charge, ChargeCode, Folio, FolioId, Pieces, Receipt, Refusal, Seen};
use crate::hotel::fields;
use crate::hotel::step::{Clerk, sheet};
use crate::hotel::wording::sentence;
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The JSON doors of this capability.
pub fn router() -> OpenApiRouter<Node> {
    OpenApiRouter::new()
        .routes(routes!(charge_codes))
        .routes(routes!(read))
        .routes(routes!(receipt))
        .routes(routes!(charge))
        .routes(routes!(reverse_line))
        .routes(routes!(pay))
        .routes(routes!(reverse_payment))
        .routes(routes!(post_nights))
        .routes(routes!(close))
}

/// A charge as a clerk types it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChargeWish {
    /// A charge code: `MINIBAR`.
    charge_code: String,
    /// A note for the guest, up to 200 characters.
    #[serde(default)]
    description: String,
    /// Pieces, 1 to 999.
    #[serde(default = "one")]
    quantity: i16,
    /// The price of one piece as the property enters prices: net, or what the guest pays.
    #[schema(value_type = i64)]
    amount_idr: Rupiah,
}

/// Why something is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reversal {
    /// The reason, 1 to 200 characters.
    reason: String,
}

/// How the folio of a stay that will not be is settled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosingWish {
    /// Whether what was paid ahead is kept as the cancellation fee. Without it the balance must be zero.
    #[serde(default)]
    keep: bool,
}

/// Money on the counter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentWish {
    /// How it is paid.
    method: Method,
    /// What counts towards the bill.
    #[schema(value_type = i64)]
    amount_idr: Rupiah,
    /// What the guest hands over, if change is to be given.
    #[schema(value_type = Option<i64>)]
    tendered_idr: Option<Rupiah>,
}

/// How a guest pays.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Notes and coins.
    Cash,
}

fn one() -> i16 {
    1
}

/// The charges that can be posted.
#[utoipa::path(get, path = "/api/v1/charge-codes", tag = "folios", responses((status = 200, body = Vec<ChargeCode>)))]
async fn charge_codes(tenant: Tenant, staff: Staff) -> Result<Json<Vec<ChargeCode>>> {
    staff.may(Permission::FolioRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::charge_codes(&conn).await?))
}

/// A folio with its lines, payments and balance.
#[utoipa::path(get, path = "/api/v1/folios/{id}", tag = "folios", params(("id" = Uuid, Path)), responses((status = 200, body = Folio)))]
async fn read(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Response> {
    staff.may(Permission::FolioRead)?;
    let conn = tenant.connect().await?;
    super::read(&conn, FolioId(id)).await.map(sheet)
}

/// The receipt of a folio; a draft without a number until check-out.
#[utoipa::path(get, path = "/api/v1/folios/{id}/receipt", tag = "folios", params(("id" = Uuid, Path)),
    responses((status = 200, body = Receipt)))]
async fn receipt(tenant: Tenant, staff: Staff, Path(id): Path<Uuid>) -> Result<Json<Receipt>> {
    staff.may(Permission::FolioRead)?;
    let conn = tenant.connect().await?;
    Ok(Json(super::receipt(&conn, FolioId(id)).await?))
}

/// Posts a charge.
#[utoipa::path(post, path = "/api/v1/folios/{id}/lines", tag = "folios", params(("id" = Uuid, Path)), request_body = ChargeWish,
    responses((status = 201, body = Folio), (status = 412)))]
async fn charge(clerk: Clerk, Path(id): Path<Uuid>, version: IfMatch, wish: Posted<ChargeWish>) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &wish.key)?;
    let ChargeWish { charge_code, description, quantity, amount_idr } = wish.value;
    let description = fields::text("description", &description, 200)?;
    let charge = Charge { code: charge_code, description, pieces: Pieces::new(quantity, amount_idr)? };
    let seen = Seen { folio: FolioId(id), version };
    step.tagged(StatusCode::CREATED, async |tx| super::charge(tx, &clerk.tenant, &clerk.actor(), seen, charge).await)
        .await
}

/// Takes a line back by its exact opposite.
#[utoipa::path(post, path = "/api/v1/folios/{id}/lines/{line_id}/reverse", tag = "folios",
    params(("id" = Uuid, Path), ("line_id" = Uuid, Path)), request_body = Reversal,
    responses((status = 201, body = Folio), (status = 412)))]
async fn reverse_line(
    clerk: Clerk,
    Path((id, line)): Path<(Uuid, Uuid)>,
    version: IfMatch,
    wish: Posted<Reversal>,
) -> Result<Response> {
    let step = clerk.step(Permission::FolioReverse, &wish.key)?;
    let reason = fields::filled("reason", &wish.value.reason, 200)?;
    let seen = Seen { folio: FolioId(id), version };
    step.tagged(StatusCode::CREATED, async |tx| {
        super::reverse_line(tx, &clerk.tenant, &clerk.actor(), seen, line, &reason).await
    })
    .await
}

/// Takes a payment.
#[utoipa::path(post, path = "/api/v1/folios/{id}/payments", tag = "folios", params(("id" = Uuid, Path)), request_body = PaymentWish,
    responses((status = 201, body = Folio), (status = 412)))]
async fn pay(clerk: Clerk, Path(id): Path<Uuid>, version: IfMatch, wish: Posted<PaymentWish>) -> Result<Response> {
    let step = clerk.step(Permission::PaymentTake, &wish.key)?;
    let PaymentWish { method: Method::Cash, amount_idr, tendered_idr } = wish.value;
    let cash = Cash::new(amount_idr, tendered_idr)?;
    let seen = Seen { folio: FolioId(id), version };
    step.tagged(StatusCode::CREATED, async |tx| super::take_cash(tx, &clerk.tenant, &clerk.actor(), seen, cash).await)
        .await
}

/// Gives a payment back by its exact opposite.
#[utoipa::path(post, path = "/api/v1/folios/{id}/payments/{payment_id}/reverse", tag = "folios",
    params(("id" = Uuid, Path), ("payment_id" = Uuid, Path)), request_body = Reversal,
    responses((status = 201, body = Folio), (status = 412)))]
async fn reverse_payment(
    clerk: Clerk,
    Path((id, payment)): Path<(Uuid, Uuid)>,
    version: IfMatch,
    wish: Posted<Reversal>,
) -> Result<Response> {
    let step = clerk.step(Permission::PaymentReverse, &wish.key)?;
    let reason = fields::filled("reason", &wish.value.reason, 200)?;
    let seen = Seen { folio: FolioId(id), version };
    step.tagged(StatusCode::CREATED, async |tx| {
        super::reverse_payment(tx, &clerk.tenant, &clerk.actor(), seen, payment, &reason).await
    })
    .await
}

/// Posts the room nights that the guest would owe when leaving now, each at most once.
#[utoipa::path(post, path = "/api/v1/folios/{id}/post-nights", tag = "folios", params(("id" = Uuid, Path)), request_body = Nothing,
    responses((status = 201, body = Folio), (status = 412)))]
async fn post_nights(clerk: Clerk, Path(id): Path<Uuid>, version: IfMatch, wish: Posted<Nothing>) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &wish.key)?;
    let seen = Seen { folio: FolioId(id), version };
    step.tagged(StatusCode::CREATED, async |tx| super::post_nights(tx, &clerk.tenant, &clerk.actor(), seen).await).await
}

/// Settles and closes the folio of a stay that was cancelled or never began.
#[utoipa::path(post, path = "/api/v1/folios/{id}/close", tag = "folios", params(("id" = Uuid, Path)), request_body = ClosingWish,
    responses((status = 201, body = Folio), (status = 412)))]
async fn close(clerk: Clerk, Path(id): Path<Uuid>, version: IfMatch, wish: Posted<ClosingWish>) -> Result<Response> {
    let step = clerk.step(Permission::FolioPost, &wish.key)?;
    let (seen, keep) = (Seen { folio: FolioId(id), version }, wish.value.keep);
    step.tagged(StatusCode::CREATED, async |tx| super::close(tx, &clerk.tenant, &clerk.actor(), seen, keep).await).await
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let said = sentence(&refusal);
        let (kind, code, field) = match &refusal {
            Refusal::Stale => return IfMatch::stale(),
            Refusal::Closed => (Kind::Conflict, "folio-closed", None),
            Refusal::UnknownFolio => (Kind::NotFound, "unknown-folio", None),
            Refusal::UnknownLine => (Kind::NotFound, "unknown-line", None),
            Refusal::UnknownPayment => (Kind::NotFound, "unknown-payment", None),
            Refusal::UnknownReservation => (Kind::NotFound, "unknown-reservation", None),
            Refusal::UnknownCharge(_) => (Kind::Invalid, "unknown-charge-code", Some("charge_code")),
            Refusal::TooLarge => (Kind::Invalid, "amount-too-large", Some("amount_idr")),
            Refusal::NotPositive => (Kind::Invalid, "amount-not-positive", Some("amount_idr")),
            Refusal::Quantity => (Kind::Invalid, "quantity-out-of-range", Some("quantity")),
            Refusal::TenderedTooLittle => (Kind::Invalid, "tendered-too-little", Some("tendered_idr")),
            Refusal::AlreadyReversed => (Kind::Conflict, "already-reversed", None),
            Refusal::IsReversal => (Kind::Conflict, "not-reversible", None),
            Refusal::NotInHouse => (Kind::Conflict, "not-in-house", None),
            Refusal::StillComing => (Kind::Conflict, "stay-goes-on", None),
            Refusal::BalanceDue(_) => (Kind::Conflict, "balance-due", None),
        };
        let problem = Self::new(kind, code, said.clone());
        let problem =
            if let Refusal::BalanceDue(balance) = refusal { problem.with("balance_idr", balance) } else { problem };
        match field {
            Some(field) => problem.field(field, said),
            None => problem,
        }
    }
}
