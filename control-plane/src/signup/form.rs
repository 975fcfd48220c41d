//! The sign-up form: what was typed, and what is wrong with it.
use hotelhub_web::{AppError, Kind, Page, Result};
use serde::{Deserialize, Serialize};

use super::Wish;
use super::model::ZONES;
use crate::App;

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Form {
    pub(super) hotel: String,
    pub(super) owner: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) rooms: String,
    pub(super) slug: String,
    pub(super) plan: String,
    pub(super) time_zone: String,
}

impl Form {
    /// The wish it makes; rooms that are no number are refused here.
    pub(super) fn wish(self) -> Result<Wish> {
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let rooms = self.rooms.trim().parse().map_err(|_| {
            AppError::new(Kind::Invalid, "invalid-signup", "Some of this cannot be right.").field("rooms", "a number")
        })?;
        Ok(Wish {
            hotel: self.hotel,
            owner: self.owner,
            email: self.email,
            phone: self.phone,
            rooms,
            slug: self.slug,
            plan: filled(self.plan),
            time_zone: filled(self.time_zone),
        })
    }
}

/// The sign-up form.
#[derive(Clone, Debug, Serialize)]
pub struct SignupPage {
    form_key: String,
    base_domain: String,
    /// The catalogue's key of what is wrong with the whole.
    refusal: Option<String>,
    suggestions: Vec<String>,
    hotel: Field,
    owner: Field,
    email: Field,
    phone: Field,
    rooms: Field,
    slug: Field,
    plan: Field,
    zones: Vec<Zone>,
}

#[derive(Clone, Debug, Serialize)]
struct Field {
    value: String,
    /// The catalogue's key of what is wrong with it.
    wrong: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Zone {
    name: &'static str,
    key: String,
    chosen: bool,
}

impl SignupPage {
    pub(super) fn of(app: &App, form: Form, refusal: Option<&AppError>) -> Self {
        let key = app.ids.next().to_string();
        Self::filled(key, app.settings.base_domain.to_string(), form, refusal)
    }

    fn filled(form_key: String, base_domain: String, form: Form, refusal: Option<&AppError>) -> Self {
        let wrong = |name: &str| {
            let named = refusal.is_some_and(|refusal| refusal.fields().iter().any(|field| field.field == name));
            let taken = refusal.is_some_and(|refusal| refusal.code() == "slug-taken") && name == "slug";
            named.then(|| if taken { "signup.taken".to_owned() } else { format!("signup.wrong.{name}") })
        };
        let field = |name: &str, value: String| Field { value, wrong: wrong(name) };
        let whole = refusal.filter(|refusal| refusal.fields().is_empty());
        let offered = refusal.and_then(|refusal| refusal.extra("suggestions")).and_then(|names| names.as_array());
        let names = offered.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        let zones = ZONES.map(|name| Zone {
            name,
            key: format!("zone.{}", name.replace('/', "-").to_lowercase()),
            chosen: form.time_zone == name,
        });
        Self {
            form_key,
            base_domain,
            refusal: whole.map(|refusal| match refusal.kind() {
                Kind::TooMany => "problem.too-many-attempts".to_owned(),
                _ => "problem.invalid-body".to_owned(),
            }),
            suggestions: names.collect(),
            hotel: field("hotel", form.hotel),
            owner: field("owner", form.owner),
            email: field("email", form.email),
            phone: field("phone", form.phone),
            rooms: field("rooms", form.rooms),
            slug: field("slug", form.slug),
            plan: field("plan", form.plan),
            zones: zones.into(),
        }
    }
}

impl Page for SignupPage {
    const TEMPLATE: &'static str = "signup/form";

    fn sample() -> Self {
        let form = Form { hotel: "Hotel Melati".to_owned(), slug: "melati".to_owned(), ..Form::default() };
        let taken = AppError::new(Kind::Conflict, "slug-taken", "Another hotel has this name already.")
            .field("slug", "taken")
            .field("rooms", "1 to 5000")
            .with("suggestions", ["melati-2", "hotel-melati"]);
        Self::filled("01980f6e-7b9a".to_owned(), "hotelhub.id".to_owned(), form, Some(&taken))
    }
}
