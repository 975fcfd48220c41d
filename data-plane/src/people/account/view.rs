//! What the account page shows.
use hotelhub_identity::{RecoveryCodes, Totp};
use hotelhub_web::{Page, Visit, format};
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use crate::people::sessions::OpenSession;
use crate::people::users::Account;

/// One's own account: password, authenticator, sessions.
#[derive(Serialize)]
pub(crate) struct AccountPage {
    name: String,
    email: String,
    email_confirmed: bool,
    form_key: String,
    /// The catalogue's keys of the roles.
    roles: Vec<String>,
    has_password: bool,
    guarded: bool,
    codes_left: i64,
    sessions: Vec<SessionRow>,
    /// The catalogue's key of why the mail address was not changed.
    pub(super) email_wrong: Option<String>,
    /// What was typed as the new address.
    pub(super) email_wished: String,
    /// The catalogue's key of why the password was not changed.
    pub(super) password_wrong: Option<String>,
    /// The catalogue's key of why the authenticator was not changed.
    pub(super) factor_wrong: Option<String>,
    /// What goes into the authenticator, while it waits for its first code.
    pub(super) enrolment: Option<Enrolment>,
    /// Fresh recovery codes: shown once.
    pub(super) recovery_codes: Vec<String>,
}

/// A secret on its way into an authenticator.
#[derive(Serialize)]
pub(super) struct Enrolment {
    secret: String,
    /// An `<svg>` element of our own making.
    qr_svg: String,
}

impl Enrolment {
    pub(super) fn of(totp: &Totp, issuer: &str, account: &str) -> Self {
        Self { secret: totp.expose_base32(), qr_svg: totp.qr_svg(issuer, account).unwrap_or_default() }
    }
}

#[derive(Serialize)]
struct SessionRow {
    id: Uuid,
    agent: String,
    address: String,
    since: String,
    seen: String,
    current: bool,
}

impl AccountPage {
    /// The account as it is now.
    pub(super) fn of(
        account: &Account,
        sessions: Vec<OpenSession>,
        (current, codes_left): (Uuid, i64),
        form_key: String,
        (zone, visit): (&TimeZone, &Visit),
    ) -> Self {
        let row = |open: OpenSession| SessionRow {
            current: open.id == current,
            id: open.id,
            agent: browser(&open.agent),
            address: open.address,
            since: format::date_time(open.created_at, zone, visit.lang),
            seen: format::date_time(open.last_seen_at, zone, visit.lang),
        };
        Self {
            name: account.name.clone(),
            email: account.email.clone(),
            email_confirmed: account.email_confirmed,
            form_key,
            roles: account.roles.iter().map(|role| format!("role.{}", role.as_str())).collect(),
            has_password: account.password.is_some(),
            guarded: account.guard().is_some(),
            codes_left,
            sessions: sessions.into_iter().map(row).collect(),
            email_wrong: None,
            email_wished: String::new(),
            password_wrong: None,
            factor_wrong: None,
            enrolment: None,
            recovery_codes: Vec::new(),
        }
    }
}

/// `Firefox, Windows` of what a browser calls itself; its own words where neither is known.
fn browser(agent: &str) -> String {
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Every browser names its forebears: the youngest name counts.
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program}, {system}"),
        (Some(program), None) => program.to_owned(),
        _ if agent.is_empty() => "—".to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "people/account";

    fn sample() -> Self {
        let session = SessionRow {
            id: Uuid::nil(),
            agent: "Firefox, Windows".into(),
            address: "203.0.113.7".into(),
            since: "03 Jul 2026 08:05".into(),
            seen: "03 Jul 2026 14:05".into(),
            current: false,
        };
        Self {
            name: "Wayan Suarti".into(),
            email: "wayan@melati.id".into(),
            email_confirmed: false,
            form_key: "sample-key".into(),
            roles: vec!["role.front_office".into()],
            has_password: true,
            guarded: false,
            codes_left: 9,
            sessions: vec![session],
            email_wrong: Some("people.wrong.email-taken".into()),
            email_wished: "dewi@melati.id".into(),
            password_wrong: Some("people.wrong.weak-password".into()),
            factor_wrong: Some("people.wrong.wrong-code".into()),
            enrolment: Some(Enrolment { secret: "GEZDGNBVGY3TQOJQ".into(), qr_svg: "<svg></svg>".into() }),
            recovery_codes: RecoveryCodes::mint(&hotelhub_kernel::Entropy::seeded(1)).expose().to_vec(),
        }
    }
}
