//! `/desk/room-types/{id}`: a room type's sheet, on which it is changed.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, IfMatch, Page, Refused, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::routes::one;
use super::{RoomType, RoomTypeChange};
use crate::hotel::step::{Clerk, or_typed};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;

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
    /// Said by the button that archives or takes back.
    archived: Option<bool>,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct TypePage {
    id: Uuid,
    archived: bool,
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
            archived: None,
        }
    }
}

impl Form {
    fn wish(&self) -> Result<RoomTypeChange> {
        Ok(RoomTypeChange {
            code: Some(self.code.clone()),
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            max_adults: Some(forms::whole("max_adults", &self.max_adults)?),
            max_children: Some(forms::whole("max_children", &self.max_children)?),
            sort: Some(forms::whole("sort", &self.sort)?),
            archived: self.archived,
        })
    }
}

async fn show(clerk: Clerk, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    page(&clerk, &visit, id, None, StatusCode::OK, None).await
}

async fn page(
    clerk: &Clerk,
    visit: &Visit,
    id: Uuid,
    typed: Option<Form>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::RoomChange)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let room_type = one(&db, id).await?;
    let shell = shell::of(&property, tenant, staff, visit, "nav.rooms").titled(&room_type.name);
    let form = typed.unwrap_or_else(|| Form::from(&room_type));
    let (archived, form_key) = (room_type.archived, forms::key(tenant));
    let page = TypePage { id, archived, form, form_key, refused };
    forms::shown(tenant, status, &shell, &page)
}

async fn save(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::RoomChange, &key)?;
    let answer = step.land("flash.saved", async |tx| {
        let seen = forms::version(&form.version)?;
        super::amend_type(tx, &clerk.tenant, &clerk.actor(), id, seen, form.wish()?).await?;
        Ok("/desk/rooms".to_owned())
    });
    or_typed(answer.await, form, async |typed, status, refused| {
        page(&clerk, &visit, id, typed, status, Some(refused)).await
    })
    .await
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
            archived: None,
        };
        let (id, form_key) = (Uuid::from_u128(1), "sample-key".to_owned());
        Self { id, archived: false, form, form_key, refused: IfMatch::stale().refused() }
    }
}
