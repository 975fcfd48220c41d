//! `/desk/room-types/{id}`: a room type's sheet, on which it is changed.
use axum::Router;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::Result;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::routes::{amend, one};
use super::{RoomType, RoomTypeChange};
use crate::hotel::forms;
use crate::hotel::sheet::{self, Sheet};
use crate::hotel::step::Clerk;
use crate::node::Node;
use crate::tenancy::Session;

/// The pages of room types.
pub(in crate::hotel::rooms) fn pages() -> Router<Node> {
    Router::new().route("/desk/room-types/{id}", get(sheet::show::<RoomType>).post(sheet::save::<RoomType>))
}

/// Everything the form holds, as it was typed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Form {
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

impl Sheet for RoomType {
    const TEMPLATE: &'static str = "hotel/rooms/type";
    const LIST: &'static str = "/desk/rooms";
    const NAV: &'static str = "nav.rooms";
    const NEEDS: Permission = Permission::RoomChange;
    type Form = Form;

    async fn one(db: &Session, id: Uuid) -> Result<Self> {
        one(db, id).await
    }

    async fn amend(db: &Session, clerk: &Clerk, id: Uuid, form: &Form) -> Result<()> {
        let seen = forms::version(&form.version)?;
        amend(db, &clerk.tenant, &clerk.actor(), id, seen, form.wish()?).await?;
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_archived(&self) -> bool {
        self.archived
    }

    fn form(&self) -> Form {
        Form {
            version: self.version.to_string(),
            code: self.code.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            max_adults: self.max_adults.to_string(),
            max_children: self.max_children.to_string(),
            sort: self.sort.to_string(),
            archived: None,
        }
    }

    fn sample() -> Form {
        Form {
            version: "3".to_owned(),
            code: "DLX".to_owned(),
            name: "Deluxe".to_owned(),
            description: "Kasur besar, menghadap taman".to_owned(),
            max_adults: "2".to_owned(),
            max_children: "1".to_owned(),
            sort: "10".to_owned(),
            archived: None,
        }
    }
}
