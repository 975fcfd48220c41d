//! A hotel signs up through the public door, and its owner walks in.
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::house::{CENTRAL, House, text};
use super::mailbox;
use super::state::{Owner, Tenant};
use crate::random;
use crate::visitor::Visitor;

/// What the sign-up door answered.
#[derive(Debug)]
pub(super) struct Newcomer {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) url: String,
    pub(super) login_link: String,
    pub(super) email: String,
    status_url: String,
}

impl Newcomer {
    /// Signs a hotel up; asking again under the same slug from the same demo gives the same answer.
    pub(super) fn sign_up(house: &House, signup: &Map<String, Value>) -> Result<Self> {
        let slug = signup.get("slug").and_then(Value::as_str).context("a sign-up names its slug")?;
        let email = signup.get("email").and_then(Value::as_str).context("a sign-up names a mail address")?;
        let body = Value::Object(signup.clone());
        let answer =
            Visitor::new(&house.control_url()).post_once("/api/v1/signups", &body, &format!("demo-signup-{slug}"))?;
        let said = answer.expect(201)?.json()?;
        Ok(Self {
            id: text(&said, "tenant_id")?,
            slug: text(&said, "slug")?,
            url: text(&said, "address")?.trim_end_matches('/').to_owned(),
            login_link: text(&said, "login_link")?,
            status_url: text(&said, "status_url")?,
            email: email.to_owned(),
        })
    }

    /// Follows the status until the hotel is ready and its host answers.
    pub(super) fn wait_until_ready(&self, house: &House) -> Result<()> {
        let control = Visitor::new(&house.control_url());
        house.stop.wait_for(&format!("{} ready", self.slug), Duration::from_secs(180), || {
            let said = control.get(&self.status_url)?.expect(200)?.json()?;
            match said["status"].as_str() {
                Some("ready") => Ok(Some(())),
                Some("failed") => bail!("the sign-up of {} failed: {said}", self.slug),
                _ => Ok(None),
            }
        })?;
        let hotel = Visitor::new(&self.url);
        house.stop.wait_for(&format!("{} answering", self.url), Duration::from_secs(60), || {
            Ok(hotel.get("/api/v1/session")?.status.eq(&401).then_some(()))
        })
    }

    /// Opens the one-time link, finds its one button, and is logged in only by pressing it, only once.
    pub(super) fn enter(&self, link: &str) -> Result<Visitor> {
        let owner = Visitor::new(&self.url);
        let page = owner.get(link)?.expect(200)?;
        ensure!(owner.get("/api/v1/session")?.status == 401, "opening the link alone logs in");
        let buttons = page.text.matches("<button").count();
        let (action, fields) = page.form("/login/link/")?;
        ensure!(buttons == 1, "the page of the one-time link has {buttons} buttons");
        let answer = owner.submit(&action, &fields)?;
        ensure!((300..400).contains(&answer.status), "the button answered {}: {}", answer.status, answer.text);
        owner.get("/api/v1/session")?.expect(200)?;
        let again = Visitor::new(&self.url);
        let _ = again.submit(&action, &fields)?;
        ensure!(again.get("/api/v1/session")?.status == 401, "the link logs in twice");
        Ok(owner)
    }

    /// The owner chooses a password and confirms the mail address by the letter's link.
    pub(super) fn settle(&self, house: &House, owner: &Visitor, password: &str) -> Result<()> {
        owner.post("/api/v1/me/password", &json!({ "new_password": password }))?.expect(204)?;
        press(owner, "/account", "/account/confirm-email")?;
        let link = mailbox::link(house, &self.email, "/email/confirm/")?;
        press(owner, &link, "/email/confirm/")
    }

    /// What the demo remembers of this hotel.
    pub(super) fn tenant(&self, house: &House, password: &str) -> Result<Tenant> {
        let statement = format!("select name from databases where tenant_id = '{}'", self.id);
        let database = house.postgres.sql(CENTRAL, &statement)?.pop().context("the tenant has no database")?;
        let host = self.url.split("://").last().and_then(|rest| rest.split(':').next()).unwrap_or_default().to_owned();
        let owner = Owner { email: self.email.clone(), password: password.to_owned() };
        Ok(Tenant {
            id: self.id.clone(),
            slug: self.slug.clone(),
            host,
            url: self.url.clone(),
            database,
            owner,
            filled: false,
        })
    }
}

/// Opens a page and presses the button of its form that posts to a path containing `part`.
fn press(visitor: &Visitor, path: &str, part: &str) -> Result<()> {
    let (action, fields) = visitor.get(path)?.expect(200)?.form(part)?;
    let answer = visitor.submit(&action, &fields)?;
    ensure!(answer.status < 400, "{action} answered {}: {}", answer.status, answer.text);
    Ok(())
}

/// Signs a hotel up and leaves its owner logged in, with a password and a confirmed address.
pub(super) fn settle_in(house: &House, signup: &Map<String, Value>) -> Result<(Tenant, Visitor)> {
    let newcomer = Newcomer::sign_up(house, signup)?;
    newcomer.wait_until_ready(house)?;
    let owner = newcomer.enter(&newcomer.login_link)?;
    let password = random::password()?;
    newcomer.settle(house, &owner, &password)?;
    Ok((newcomer.tenant(house, &password)?, owner))
}

/// Logs an owner in with the password.
pub(super) fn log_in(tenant: &Tenant) -> Result<Visitor> {
    let owner = Visitor::new(&tenant.url);
    let body = json!({ "email": tenant.owner.email, "password": tenant.owner.password });
    owner.post("/api/v1/session", &body)?.expect(200)?;
    Ok(owner)
}
