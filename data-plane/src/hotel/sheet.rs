//! A sheet: the page of one thing that is sold, on which it is changed as of the version it was read in.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, IfMatch, Page, Refused, Result, Visit};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::step::{Clerk, or_typed};
use super::{forms, properties, shell};
use crate::tenancy::Session;

/// What has a sheet.
pub(crate) trait Sheet: Sized {
    /// The template of the sheet.
    const TEMPLATE: &'static str;
    /// Where all of them are listed; a change that was saved leads there.
    const LIST: &'static str;
    /// The list in the catalogue.
    const NAV: &'static str;
    /// What it takes to see and to change it.
    const NEEDS: Permission;
    /// Everything the form holds, as it was typed.
    type Form: DeserializeOwned + Serialize;

    /// Reads it.
    async fn one(db: &Session, id: Uuid) -> Result<Self>;

    /// Changes it as the form says.
    async fn amend(db: &Session, clerk: &Clerk, id: Uuid, form: &Self::Form) -> Result<()>;

    /// What it is called.
    fn name(&self) -> &str;

    /// Whether it is sold no more.
    fn is_archived(&self) -> bool;

    /// The form as it stands.
    fn form(&self) -> Self::Form;

    /// A form that could be real.
    fn sample() -> Self::Form;
}

/// The page of a sheet.
#[derive(Serialize)]
#[serde(bound = "")]
pub(crate) struct SheetPage<S: Sheet> {
    id: Uuid,
    archived: bool,
    form: S::Form,
    form_key: String,
    refused: Option<Refused>,
}

/// Shows the sheet.
pub(crate) async fn show<S: Sheet>(clerk: Clerk, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    page::<S>(&clerk, &visit, id, None, StatusCode::OK, None).await
}

/// Saves what was typed and leads to the list, or shows the sheet again with what was wrong.
pub(crate) async fn save<S: Sheet>(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<S::Form>,
) -> Result<Response> {
    let step = clerk.step(S::NEEDS, &key)?;
    let answer = step.land("flash.saved", async |tx| {
        S::amend(tx, &clerk, id, &form).await?;
        Ok(S::LIST.to_owned())
    });
    or_typed(answer.await, form, async |typed, status, refused| {
        page::<S>(&clerk, &visit, id, typed, status, Some(refused)).await
    })
    .await
}

async fn page<S: Sheet>(
    clerk: &Clerk,
    visit: &Visit,
    id: Uuid,
    typed: Option<S::Form>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(S::NEEDS)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let shown = S::one(&db, id).await?;
    let shell = shell::of(&property, tenant, staff, visit, S::NAV).titled(shown.name());
    let form = typed.unwrap_or_else(|| shown.form());
    let page = SheetPage::<S> { id, archived: shown.is_archived(), form, form_key: forms::key(tenant), refused };
    forms::shown(tenant, status, &shell, &page)
}

impl<S: Sheet> Page for SheetPage<S> {
    const TEMPLATE: &'static str = S::TEMPLATE;

    fn sample() -> Self {
        let form_key = "sample-key".to_owned();
        Self {
            id: Uuid::from_u128(1),
            archived: false,
            form: S::sample(),
            form_key,
            refused: IfMatch::stale().refused(),
        }
    }
}
