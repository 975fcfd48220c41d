//! A visitor with a browser's manners: keeps `__Host-` cookies, says where a form came from, follows nothing by itself.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hotelhub_kernel::{Entropy, hex};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::Schema;

/// Somebody at one host, over one server's address. Clones share the cookies.
#[derive(Clone)]
pub struct Visitor {
    client: Client,
    server: String,
    host: String,
    scheme: &'static str,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    entropy: Entropy,
    extra: Vec<(String, String)>,
    promised: Option<Arc<Schema>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION)?.to_str().ok()
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The entity tag, quotes and all.
    pub fn etag(&self) -> Option<&str> {
        self.headers.get("etag")?.to_str().ok()
    }

    /// The value of an input or other element's attribute `value` behind `name="…"`, as a form page prints it.
    pub fn field(&self, name: &str) -> Option<String> {
        let behind = self.text.split(&format!("name=\"{name}\"")).nth(1)?;
        let tag = behind.split('>').next()?;
        let value = tag.split("value=\"").nth(1)?.split('"').next()?;
        Some(
            value
                .replace("&quot;", "\"")
                .replace("&#x27;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        )
    }
}

impl Visitor {
    /// A stranger to `host` (`melati.hotelhub.localhost:8080`), who dials `server` (`http://127.0.0.1:8080`).
    pub fn new(server: &str, host: &str) -> Result<Self> {
        // Another crate of the same process may have installed it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let policy = reqwest::redirect::Policy::none();
        let client = Client::builder().redirect(policy).no_proxy().timeout(Duration::from_secs(60)).build()?;
        Ok(Self {
            client,
            server: server.trim_end_matches('/').to_owned(),
            host: host.to_owned(),
            scheme: "http",
            cookies: Arc::default(),
            entropy: Entropy::system(),
            extra: Vec::new(),
            promised: None,
        })
    }

    /// The same visitor at another host, without any cookie.
    pub fn at(&self, host: &str) -> Self {
        Self { host: host.to_owned(), cookies: Arc::default(), extra: Vec::new(), ..self.clone() }
    }

    /// The same visitor, cookies shared, who sends this header besides; it replaces the one of the same name.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut visitor = self.clone();
        visitor.extra.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        visitor.extra.push((name.to_ascii_lowercase(), value.to_owned()));
        visitor
    }

    /// `with("if-match", "\"7\"")`.
    #[must_use]
    pub fn if_match(&self, version: i64) -> Self {
        self.with("if-match", &format!("\"{version}\""))
    }

    /// The same visitor, cookies shared, to whom an answer that breaks a promise of the schema is none.
    #[must_use]
    pub fn promised(mut self, schema: Arc<Schema>) -> Self {
        self.promised = Some(schema);
        self
    }

    /// The value of a cookie by its full name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Puts a cookie as if the server had set it.
    pub fn put_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    /// The host that this visitor speaks to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// GET as a program.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "application/json", None).await
    }

    /// GET as a browser.
    pub async fn page(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "text/html", None).await
    }

    /// GET as a browser, redirects followed at this host.
    pub async fn page_through(&self, path: &str) -> Result<Answer> {
        let mut answer = self.page(path).await?;
        for _ in 0..5 {
            let Some(next) = answer.location().map(|next| self.local(next)) else { break };
            answer = self.page(&next).await?;
        }
        Ok(answer)
    }

    /// POST of JSON with a fresh idempotency key, unless [`Visitor::with`] gave one.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.json(Method::POST, path, body).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.json(Method::PUT, path, body).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.json(Method::PATCH, path, body).await
    }

    /// DELETE without a body.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, "application/json", None).await
    }

    /// POST of a form as a browser does.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let body = encode(fields);
        self.send(Method::POST, path, "text/html", Some(("application/x-www-form-urlencoded", body.into_bytes()))).await
    }

    /// Any method with any bytes.
    pub async fn raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Result<Answer> {
        self.send(method, path, "application/json", Some((content_type, body))).await
    }

    /// The path of an address at this host, for following links out of letters and redirects.
    pub fn local(&self, address: &str) -> String {
        let behind =
            address.split_once("://").map_or(address, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        behind.to_owned()
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, "application/json", Some(("application/json", serde_json::to_vec(body)?))).await
    }

    async fn send(&self, method: Method, path: &str, accept: &str, body: Option<(&str, Vec<u8>)>) -> Result<Answer> {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        headers.insert(HOST.to_string(), self.host.clone());
        headers.insert(ACCEPT.to_string(), accept.to_owned());
        if method != Method::GET {
            headers.insert(ORIGIN.to_string(), format!("{}://{}", self.scheme, self.host));
        }
        if method == Method::POST && body.as_ref().is_none_or(|(kind, _)| *kind == "application/json") {
            headers.insert("idempotency-key".to_owned(), hex(&self.entropy.bytes::<16>()));
        }
        if let Some(line) = self.cookie_line() {
            headers.insert(COOKIE.to_string(), line);
        }
        if let Some((kind, _)) = &body {
            headers.insert(CONTENT_TYPE.to_string(), (*kind).to_owned());
        }
        headers.extend(self.extra.iter().cloned());
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.server));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        if let Some((_, bytes)) = body {
            request = request.body(bytes);
        }
        let response = request.send().await.with_context(|| format!("no answer to {path}"))?;
        self.keep_cookies(response.headers());
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await? };
        if accept == "application/json" {
            self.hold_to_promises(&method, path, &answer)?;
        }
        Ok(answer)
    }

    fn hold_to_promises(&self, method: &Method, path: &str, answer: &Answer) -> Result<()> {
        let Some(schema) = self.promised.as_ref().filter(|_| !answer.status.is_redirection()) else { return Ok(()) };
        let broken = schema.broken_promises(method.as_str(), path, answer.status.as_u16(), &answer.json());
        ensure!(broken.is_empty(), "the schema promises otherwise: {}", broken.join("; "));
        Ok(())
    }

    fn cookie_line(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!line.is_empty()).then(|| line.join("; "))
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn encode(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        for (part, end) in [(name, "="), (value, "")] {
            for byte in part.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => text.push(char::from(byte)),
                    b' ' => text.push('+'),
                    other => text.push_str(&format!("%{other:02X}")),
                }
            }
            text.push_str(end);
        }
    }
    text
}
