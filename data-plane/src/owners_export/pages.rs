//! `/desk/data`: all of the hotel's data in one file, for its owner.
use axum::Router;
use axum::extract::Path;
use axum::http::header::RANGE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_kernel::{Key, Secret};
use hotelhub_protocol::{ExportWish, FileWish, OwnersExport};
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, FormBody, Kind, Nothing, Query, Result, Visit};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::model::{LINK_TIME, Opened, Proof, is_passphrase, wish};
use super::view::{DataPage, Line};
use super::{PATH, file};
use crate::audit;
use crate::hotel::step::Clerk;
use crate::hotel::{forms, properties, shell};
use crate::link::{OwnersDesk, Unserved};
use crate::node::Node;
use crate::tenancy::Tenant;

pub(super) fn pages() -> Router<Node> {
    Router::new().route(PATH, get(show).post(order)).route("/desk/data/{export}/file", get(fetch).post(seal))
}

/// What seals a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    passphrase: String,
}

/// What there is. The control plane is asked before a connection is taken: it may be away.
async fn show(clerk: Clerk, visit: Visit) -> Result<Response> {
    let Clerk { tenant, staff } = &clerk;
    staff.may(Permission::DataExport)?;
    let asked = match &tenant.node().owners_desk {
        Some(desk) => Some(desk.exports(tenant.id()).await),
        None => None,
    };
    let property = properties::the_one(&*tenant.connect().await?).await?;
    let (shell, zone) = (shell::of(&property, tenant, staff, &visit, "nav.data"), shell::zone(&property));
    let until = tenant.clock().now() + LINK_TIME;
    let page = match asked {
        None => DataPage::alone(),
        Some(Ok(exports)) => {
            let line = |export: &OwnersExport| {
                let opened = Opened { export: export.id, owner: staff.user_id };
                Line::of(export, opened.link(&key(tenant), until), (&zone, visit.lang))
            };
            DataPage::with(exports.iter().map(line).collect(), forms::key(tenant))
        }
        Some(Err(unserved)) => {
            noted(&unserved);
            DataPage::away()
        }
    };
    forms::shown(tenant, StatusCode::OK, &shell, &page)
}

/// Orders one. Where the control plane does not take it nothing is ordered, and nothing is written down.
async fn order(clerk: Clerk, FormBody(_, key): FormBody<Nothing>) -> Result<Response> {
    let Clerk { tenant, staff } = &clerk;
    let step = clerk.step(Permission::DataExport, &key)?;
    let owner_name = staff.name.clone();
    let (owner, wish) = (staff.user_id, wish(staff.user_id, key.key()));
    let ordered = desk(tenant)?.order(&ExportWish { tenant: tenant.id(), wish, owner, owner_name }).await;
    let export = match ordered {
        Ok(export) => export.id,
        Err(unserved) => return Ok(back(&unserved)),
    };
    step.land("data.flash.ordered", async |tx| {
        audit::record(tx, tenant, &clerk.actor(), "data.export", ("export", export), json!({})).await?;
        Ok(PATH.to_owned())
    })
    .await
}

/// The file as it is, or the rest of one that broke off.
async fn fetch(
    clerk: Clerk,
    Path(export): Path<Uuid>,
    Query(proof): Query<Proof>,
    headers: HeaderMap,
) -> Result<Response> {
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    match begun(&clerk, export, &proof, range).await? {
        Ok(fetched) => Ok(file::open(&clerk.tenant, fetched)),
        Err(refused) => Ok(refused),
    }
}

/// The file sealed with a passphrase, which is nowhere when this has ended.
async fn seal(
    clerk: Clerk,
    Path(export): Path<Uuid>,
    Query(proof): Query<Proof>,
    FormBody(Sealed { passphrase }, _): FormBody<Sealed>,
) -> Result<Response> {
    let passphrase = Secret::new(passphrase);
    if !is_passphrase(passphrase.expose()) {
        return Ok(see_other(PATH, Some(&Flash::bad("data.flash.passphrase"))));
    }
    let node = clerk.tenant.node();
    match begun(&clerk, export, &proof, None).await? {
        Ok(fetched) => {
            let sealing = node.gate.seal(passphrase, &node.entropy).await?;
            Ok(file::sealed(&clerk.tenant, fetched, sealing))
        }
        Err(refused) => Ok(refused),
    }
}

/// The beginning of a file that this link opens to this owner, noted in the hotel's log; or where the owner is led instead.
async fn begun(
    clerk: &Clerk,
    export: Uuid,
    proof: &Proof,
    range: Option<&str>,
) -> Result<std::result::Result<reqwest::Response, Response>> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::DataExport)?;
    let opened = Opened { export, owner: staff.user_id };
    if !opened.is_by(&key(tenant), proof, tenant.clock().now()) {
        return Ok(Err(see_other(PATH, Some(&Flash::bad("data.flash.link-over")))));
    }
    let wish = FileWish { tenant: tenant.id(), export, owner: staff.user_id };
    let fetched = match desk(tenant)?.fetch(&wish, range).await {
        Ok(fetched) => fetched,
        Err(unserved) => return Ok(Err(back(&unserved))),
    };
    let tx = tenant.begin().await?;
    let noted = audit::record(&tx, tenant, &clerk.actor(), "data.export_fetched", ("export", export), json!({})).await;
    tx.settle(noted.map_err(AppError::from)).await?;
    Ok(Ok(fetched))
}

/// What this tenant's links are signed with.
fn key(tenant: &Tenant) -> Key {
    tenant.key("export-link")
}

fn desk(tenant: &Tenant) -> Result<&OwnersDesk> {
    let detail = "A house of its own writes its data into a file by the command `hotelhub export FILE`.";
    tenant.node().owners_desk.as_ref().ok_or_else(|| AppError::new(Kind::Conflict, "by-command", detail))
}

/// Back to the page, which says why.
fn back(unserved: &Unserved) -> Response {
    noted(unserved);
    let said = match unserved {
        Unserved::Away(_) => "data.flash.away",
        Unserved::Refused(code) => match code.as_str() {
            "export-open" => "data.flash.export-open",
            "export-gone" | "unknown-export" => "data.flash.gone",
            _ => "data.flash.not-now",
        },
    };
    see_other(PATH, Some(&Flash::bad(said)))
}

fn noted(unserved: &Unserved) {
    tracing::warn!(
        error = unserved as &dyn std::error::Error,
        "an owner's wish about the hotel's data came to nothing"
    );
}
