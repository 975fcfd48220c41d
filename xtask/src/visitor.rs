//! Somebody with a browser: keeps cookies, names its origin, and finds every `*.localhost` on this machine.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ureq::http::{Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

use crate::random;

/// A visitor of one origin (`http://melati.hotelhub.localhost:8080`).
#[derive(Debug)]
pub(crate) struct Visitor {
    agent: Agent,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    asked: String,
}

impl Visitor {
    /// Somebody who has never been there.
    pub(crate) fn new(origin: &str) -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent("hotelhub-xtask")
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), Loopback);
        Self { agent, origin: origin.trim_end_matches('/').to_owned(), cookies: Mutex::default() }
    }

    /// The same cookies carried to another origin, as a thief would.
    pub(crate) fn with_cookies_of(origin: &str, other: &Self) -> Self {
        let thief = Self::new(origin);
        *thief.jar() = other.jar().clone();
        thief
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], None)
    }

    /// Posts JSON under a request key of its own.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.post_once(path, body, &random::name()?)
    }

    /// Posts JSON under this request key.
    pub(crate) fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Answer> {
        self.json("POST", path, body, &[("idempotency-key", key)])
    }

    /// Posts JSON about something whose version the sender has seen.
    pub(crate) fn post_seen(&self, path: &str, version: i64, body: &Value) -> Result<Answer> {
        let seen = format!("\"{version}\"");
        self.json("POST", path, body, &[("idempotency-key", &random::name()?), ("if-match", &seen)])
    }

    pub(crate) fn put(&self, path: &str, version: i64, body: &Value) -> Result<Answer> {
        self.json("PUT", path, body, &[("if-match", &format!("\"{version}\""))])
    }

    pub(crate) fn patch(&self, path: &str, version: i64, body: &Value) -> Result<Answer> {
        self.json("PATCH", path, body, &[("if-match", &format!("\"{version}\""))])
    }

    /// Posts a form as a browser does.
    pub(crate) fn submit(&self, path: &str, fields: &[(String, String)]) -> Result<Answer> {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], Some(pairs.join("&")))
    }

    fn json(&self, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Result<Answer> {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(method, path, &headers, Some(body.to_string()))
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Result<Answer> {
        let path = path.strip_prefix(&self.origin).unwrap_or(path);
        let asked = format!("{method} {}{path}", self.origin);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        let accept = if path.starts_with("/api/") { "application/json" } else { "text/html" };
        request = request.header("origin", &self.origin).header("accept-language", "id").header("accept", accept);
        let cookies: Vec<String> = self.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body)?),
            None => self.agent.run(request.body(())?),
        };
        self.read(response.with_context(|| asked.clone())?, asked)
    }

    fn read(&self, mut response: Response<Body>, asked: String) -> Result<Answer> {
        for cookie in response.headers().get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().with_context(|| asked.clone())?;
        Ok(Answer { status, text, asked })
    }

    fn keep(&self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        let gone = value.is_empty() || cookie.to_lowercase().contains("max-age=0");
        match gone {
            true => self.jar().remove(name.trim()),
            false => self.jar().insert(name.trim().to_owned(), value.trim().to_owned()),
        };
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// Fails with what was said unless the status is `wanted`.
    pub(crate) fn expect(self, wanted: u16) -> Result<Self> {
        let said: String = self.text.chars().take(600).collect();
        ensure!(self.status == wanted, "{}: {} instead of {wanted}: {said}", self.asked, self.status);
        Ok(self)
    }

    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.text).with_context(|| format!("{} answered no JSON", self.asked))
    }

    /// The page's form that posts to a path containing `part`: its action and the fields it already holds.
    pub(crate) fn form(&self, part: &str) -> Result<(String, Vec<(String, String)>)> {
        let forms = self.text.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap_or(form));
        let found = forms.filter_map(|form| {
            let head = form.split('>').next()?;
            let action = attribute(head, "action").unwrap_or_default();
            (is_post(head) && action.contains(part)).then(|| (action, hidden_fields(form)))
        });
        found.last().with_context(|| format!("{} shows no form to {part}", self.asked))
    }
}

fn is_post(head: &str) -> bool {
    attribute(head, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"))
}

fn hidden_fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input").skip(1).filter_map(|input| input.split('>').next());
    let hidden = inputs.filter(|input| attribute(input, "type").is_some_and(|kind| kind == "hidden"));
    hidden
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let begin = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[begin..].split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&#x3D;", "=").replace("&#x2F;", "/").replace("&amp;", "&"))
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Everything lives on this machine.
#[derive(Debug)]
struct Loopback;

impl Resolver for Loopback {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let port = uri.port_u16().unwrap_or(80);
        let mut addresses = self.empty();
        addresses.push(([127, 0, 0, 1], port).into());
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn a_form_is_found_with_what_it_already_holds() {
        let text = "<form method=\"get\" action=\"/x\"></form><form class=\"a\" method=\"post\" action=\"/login/link/t\">\
                    <input type=\"hidden\" name=\"_key\" value=\"k&amp;1\"><input type=\"text\" name=\"n\"></form>";
        let answer = Answer { status: 200, text: text.to_owned(), asked: String::new() };
        let (action, fields) = answer.form("/login").unwrap();
        assert_eq!(action, "/login/link/t");
        assert_eq!(fields, [("_key".to_owned(), "k&1".to_owned())]);
    }
}
