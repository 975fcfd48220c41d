//! `/desk/rate-plans/{id}`: a rate plan's sheet, on which it is changed.
use axum::Router;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::Result;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RatePlanChange;
use super::routes::{amend, one};
use crate::hotel::forms;
use crate::hotel::rates::RatePlan;
use crate::hotel::sheet::{self, Sheet};
use crate::hotel::step::Clerk;
use crate::node::Node;
use crate::tenancy::Session;

/// The pages of rate plans.
pub(in crate::hotel::rates) fn pages() -> Router<Node> {
    Router::new().route("/desk/rate-plans/{id}", get(sheet::show::<RatePlan>).post(sheet::save::<RatePlan>))
}

/// Everything the form holds, as it was typed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Form {
    version: String,
    code: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    breakfast: bool,
    free_cancellation_days: String,
    #[serde(default)]
    public: bool,
    sort: String,
    /// Said by the button that archives or takes back.
    archived: Option<bool>,
}

impl Form {
    fn wish(&self) -> Result<RatePlanChange> {
        Ok(RatePlanChange {
            code: Some(self.code.clone()),
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            breakfast: Some(self.breakfast),
            free_cancellation_days: Some(forms::whole("free_cancellation_days", &self.free_cancellation_days)?),
            public: Some(self.public),
            sort: Some(forms::whole("sort", &self.sort)?),
            archived: self.archived,
        })
    }
}

impl Sheet for RatePlan {
    const TEMPLATE: &'static str = "hotel/rates/plan";
    const LIST: &'static str = "/desk/rates";
    const NAV: &'static str = "nav.rates";
    const NEEDS: Permission = Permission::RateChange;
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
            breakfast: self.breakfast,
            free_cancellation_days: self.free_cancellation_days.to_string(),
            public: self.public,
            sort: self.sort.to_string(),
            archived: None,
        }
    }

    fn sample() -> Form {
        Form {
            version: "3".to_owned(),
            code: "BAR".to_owned(),
            name: "Fleksibel dengan sarapan".to_owned(),
            description: "Bayar di hotel".to_owned(),
            breakfast: true,
            free_cancellation_days: "1".to_owned(),
            public: true,
            sort: "10".to_owned(),
            archived: None,
        }
    }
}
