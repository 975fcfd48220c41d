//! `/desk/room-types/{id}`: a room type's sheet, on which it is changed.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, IfMatch, Kind, Page, Refused, RequestKey, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::routes::one;
use super::{RoomType, RoomTypeChange};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The pages of room types.
pub(in crate::hotel::rooms) fn pages() -> Router<Node> {
    Router::new().route("/desk/room-types/{id}", get(show).post(save))
}

/// Everything the form holds, as it was typed.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Form {
    version: String,
    code: String,
    name: String,
    #[serde(default)]
    description: String,
    max_adults: String,
    max_children: String,
    sort: String,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct TypePage {
    id: Uuid,
    form: Form,
    form_key: String,
    refused: Option<Refused>,
}

impl From<&RoomType> for Form {
    fn from(of: &RoomType) -> Self {
        Self {
            version: of.version.to_string(),
            code: of.code.clone(),
            name: of.name.clone(),
            description: of.description.clone(),
            max_adults: of.max_adults.to_string(),
            max_children: of.max_children.to_string(),
            sort: of.sort.to_string(),
        }
    }
}

impl Form {
    fn wish(self) -> Result<RoomTypeChange> {
        Ok(RoomTypeChange {
            code: Some(self.code),
            name: Some(self.name),
            description: Some(self.description),
            max_adults: Some(forms::whole("max_adults", &self.max_adults)?),
            max_children: Some(forms::whole("max_children", &self.max_children)?),
            sort: Some(forms::whole("sort", &self.sort)?),
        })
    }
}

async fn show(tenant: Tenant, staff: Staff, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    page(&tenant, &staff, &visit, id, None, StatusCode::OK, None).await
}

async fn page(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    id: Uuid,
    typed: Option<Form>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    staff.may(Permission::RoomChange)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let room_type = one(&db, id).await?;
    let shell = shell::of(&property, tenant, staff, visit, "nav.rooms").titled(&room_type.name);
    let form = typed.unwrap_or_else(|| Form::from(&room_type));
    let page = TypePage { id, form, form_key: forms::key(tenant), refused };
    forms::shown(tenant, status, &shell, &page)
}

async fn save(
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    staff.may(Permission::RoomChange)?;
    match try_save(&tenant, &staff, id, form.clone(), &key).await {
        Ok(response) => Ok(response),
        Err(error) => {
            // Who was slower sees what the other saved, and decides anew.
            let typed = (error.kind() != Kind::PreconditionFailed).then_some(form);
            let (status, refused) = forms::again(error)?;
            page(&tenant, &staff, &visit, id, typed, status, Some(refused)).await
        }
    }
}

async fn try_save(tenant: &Tenant, staff: &Staff, id: Uuid, form: Form, key: &RequestKey) -> Result<Response> {
    let seen = Some(IfMatch(forms::whole("version", &form.version)?));
    let wish = form.wish()?;
    let tx = match forms::begin(tenant, &staff.scope(), key).await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::amend_type(&tx, tenant, &staff.actor(), id, seen, wish).await;
    forms::land(tx, outcome, "/desk/rooms", "flash.saved").await
}

impl Page for TypePage {
    const TEMPLATE: &'static str = "hotel/rooms/type";

    fn sample() -> Self {
        let form = Form {
            version: "3".to_owned(),
            code: "DLX".to_owned(),
            name: "Deluxe".to_owned(),
            description: "Kasur besar, menghadap taman".to_owned(),
            max_adults: "2".to_owned(),
            max_children: "1".to_owned(),
            sort: "10".to_owned(),
        };
        Self { id: Uuid::from_u128(1), form, form_key: "sample-key".to_owned(), refused: IfMatch::stale().refused() }
    }
}
