//! What the team page shows.
use std::collections::BTreeMap;

use hotelhub_identity::HotelRole;
use hotelhub_web::Page;
use serde::Serialize;
use uuid::Uuid;

use super::{Account, Status};

/// The hotel's people beside the form for one of them.
#[derive(Serialize)]
pub(crate) struct TeamPage {
    people: Vec<Row>,
    count: usize,
    /// The cursor of the next page.
    next: Option<String>,
    form: TeamForm,
}

#[derive(Serialize)]
struct Row {
    id: Uuid,
    name: String,
    email: String,
    /// The catalogue's keys of the roles.
    roles: Vec<String>,
    disabled: bool,
    /// Whether no password was chosen yet.
    waiting: bool,
    guarded: bool,
}

/// The form: empty, of an account, or as it was filled in and refused.
#[derive(Serialize)]
pub(super) struct TeamForm {
    /// Whom it changes; absent for somebody new.
    id: Option<Uuid>,
    version: i32,
    action: String,
    /// Makes the form safe to send twice.
    key: String,
    /// The catalogue's key of what was wrong.
    wrong: Option<String>,
    name: String,
    email: String,
    phone: String,
    language: String,
    active: bool,
    roles: Vec<RoleBox>,
}

#[derive(Serialize)]
struct RoleBox {
    field: String,
    key: String,
    hint: String,
    chosen: bool,
}

impl TeamForm {
    pub(super) fn empty(key: String) -> Self {
        Self {
            id: None,
            version: 0,
            action: "/team".to_owned(),
            key,
            wrong: None,
            name: String::new(),
            email: String::new(),
            phone: String::new(),
            language: "id".to_owned(),
            active: true,
            roles: boxes(|_| false),
        }
    }

    pub(super) fn of(account: &Account, key: String) -> Self {
        Self {
            id: Some(account.id),
            version: account.version,
            action: format!("/team/{}", account.id),
            key,
            wrong: None,
            name: account.name.clone(),
            email: account.email.clone(),
            phone: account.phone.clone(),
            language: account.lang.as_str().to_owned(),
            active: account.status == Status::Active,
            roles: boxes(|role| account.roles.contains(&role)),
        }
    }

    /// The form with what was typed, over the account as it is now.
    pub(super) fn refilled(
        fields: &BTreeMap<String, String>,
        account: Option<&Account>,
        key: String,
        wrong: String,
    ) -> Self {
        let base = account.map_or_else(|| Self::empty(key.clone()), |account| Self::of(account, key.clone()));
        let typed = |name: &str, now: String| fields.get(name).cloned().unwrap_or(now);
        Self {
            name: typed("name", base.name),
            email: typed("email", base.email),
            phone: typed("phone", base.phone),
            language: typed("language", base.language),
            active: account.is_none() || fields.contains_key("active"),
            roles: boxes(|role| fields.contains_key(&format!("role_{}", role.as_str()))),
            wrong: Some(wrong),
            ..base
        }
    }
}

fn boxes(chosen: impl Fn(HotelRole) -> bool) -> Vec<RoleBox> {
    let of = |role: HotelRole| RoleBox {
        field: format!("role_{}", role.as_str()),
        key: format!("role.{}", role.as_str()),
        hint: format!("people.role.{}.hint", role.as_str()),
        chosen: chosen(role),
    };
    HotelRole::ALL.into_iter().map(of).collect()
}

impl TeamPage {
    pub(super) fn of(people: &[Account], next: Option<String>, form: TeamForm) -> Self {
        let row = |account: &Account| Row {
            id: account.id,
            name: account.name.clone(),
            email: account.email.clone(),
            roles: account.roles.iter().map(|role| format!("role.{}", role.as_str())).collect(),
            disabled: account.status == Status::Disabled,
            waiting: account.password.is_none(),
            guarded: account.guard().is_some(),
        };
        Self { count: people.len(), people: people.iter().map(row).collect(), next, form }
    }
}

impl Page for TeamPage {
    const TEMPLATE: &'static str = "people/team";

    fn sample() -> Self {
        let row = Row {
            id: Uuid::nil(),
            name: "Wayan Suarti".into(),
            email: "wayan@melati.id".into(),
            roles: vec!["role.front_office".into(), "role.pos_cashier".into()],
            disabled: false,
            waiting: true,
            guarded: true,
        };
        let form = TeamForm {
            id: Some(Uuid::nil()),
            wrong: Some("people.wrong.last-owner".into()),
            ..TeamForm::empty("01980f6e".into())
        };
        Self { people: vec![row], count: 1, next: Some("cursor".into()), form }
    }
}
