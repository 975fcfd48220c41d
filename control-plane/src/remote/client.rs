//! HTTP calls with a staff token. A change carries one key through all its tries, so that it is made once.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotelhub_kernel::{Entropy, Secret, hex};
use reqwest::header::{CONTENT_TYPE, ORIGIN, RANGE};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use crate::config::resolve;
use crate::vendor::escaped;

/// How often a call is made before the control plane counts as away.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a whole file may be on its way.
const WHOLE_FILE: Duration = Duration::from_secs(3_600);
/// How long a piece of one may be.
const WHOLE_PIECE: Duration = Duration::from_secs(300);

/// How the control plane is reached.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Reach {
    /// The control plane's address.
    #[arg(long, env = "HOTELHUB_CONTROL_URL", default_value = "http://127.0.0.1:8081")]
    control_url: String,
    /// A staff token, as `token mint` prints it.
    #[arg(long, env = "HOTELHUB_STAFF_TOKEN", hide_env_values = true, value_parser = secret)]
    staff_token: Option<Secret<String>>,
    /// A file that holds the same.
    #[arg(long, env = "HOTELHUB_STAFF_TOKEN_FILE")]
    staff_token_file: Option<PathBuf>,
    /// Prints JSON, as the API answers it.
    #[arg(long)]
    pub(super) json: bool,
}

impl Reach {
    /// An answer for eyes, or as it came.
    pub(super) fn told(&self, answer: &Value, shown: impl FnOnce(&Value) -> String) -> String {
        if self.json { answer.to_string() } else { shown(answer) }
    }
}

fn secret(text: &str) -> Result<Secret<String>, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}

/// Why a command did nothing.
#[derive(Debug, Error)]
pub enum Failure {
    /// It was asked in a way that cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// What it is about is not there.
    #[error("{0}")]
    NotFound(String),
    /// The control plane said no.
    #[error("refused ({code}): {detail}")]
    Refused {
        /// The problem's slug.
        code: String,
        /// The problem's sentence.
        detail: String,
    },
    /// It was done, and is not well everywhere: what is told of it.
    #[error("{0}")]
    Unwell(String),
    /// The control plane is away, or cannot answer now.
    #[error("the control plane at {url} cannot be reached: {why}")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What came instead of an answer.
        why: String,
    },
}

impl Failure {
    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused { .. } => 4,
            Self::Unreachable { .. } => 5,
            Self::Unwell(_) => 6,
        })
    }
}

/// A file that is being fetched. Where the line breaks it goes on at the byte it has.
pub(super) struct Fetching<'a> {
    client: &'a Client,
    path: &'a str,
    from: u64,
    response: Option<reqwest::Response>,
    /// Attempts since a byte came.
    tried: u32,
}

impl Fetching<'_> {
    /// The next bytes; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let failure = match self.response.as_mut() {
                None => match self.begin().await {
                    Ok(response) => {
                        self.response = Some(response);
                        continue;
                    }
                    Err(Failure::Unreachable { url, why }) => Failure::Unreachable { url, why },
                    Err(refused) => return Err(refused),
                },
                Some(response) => match response.chunk().await {
                    Ok(Some(bytes)) => {
                        self.from += bytes.len() as u64;
                        self.tried = 0;
                        return Ok(Some(bytes.to_vec()));
                    }
                    Ok(None) => return Ok(None),
                    Err(error) => self.client.away(&error.without_url()),
                },
            };
            self.response = None;
            self.tried += 1;
            if self.tried == TRIES {
                return Err(failure);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn begin(&self) -> Result<reqwest::Response, Failure> {
        let mut call = self.client.http.get(format!("{}{}", self.client.base, self.path)).timeout(WHOLE_FILE);
        if self.from > 0 {
            call = call.header(RANGE, format!("bytes={}-", self.from));
        }
        let sent = call.bearer_auth(self.client.token.expose()).send().await;
        let response = sent.map_err(|error| self.client.away(&error.without_url()))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let refused = self.client.understood(response).await;
        Err(refused.err().unwrap_or_else(|| self.client.away(&"no file came")))
    }
}

/// The API, as a script reaches it.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: Secret<String>,
}

impl Client {
    pub(super) fn new(reach: &Reach) -> Result<Self, Failure> {
        let usage = |error: &dyn std::fmt::Display| Failure::Usage(error.to_string());
        let token = resolve("HOTELHUB_STAFF_TOKEN", reach.staff_token.clone(), reach.staff_token_file.as_deref())
            .map_err(|error| usage(&format!("{error:#}")))?
            .ok_or_else(|| usage(&"HOTELHUB_STAFF_TOKEN is not set: `hotelhub-control token mint` makes one"))?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("hotelhub-control/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| usage(&error))?;
        Ok(Self { http, base: reach.control_url.trim_end_matches('/').to_owned(), token })
    }

    /// Reads what is at a path.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.answer(|| self.http.get(format!("{}{path}", self.base))).await
    }

    /// Makes a change, once however often it has to be said.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let key = hex(&Entropy::system().bytes::<16>());
        let post = || self.http.post(format!("{}{path}", self.base)).header(ORIGIN, &self.base);
        self.answer(|| post().header("idempotency-key", &key).json(body)).await
    }

    /// Puts a piece of a file where it belongs, once however often it has to be said.
    pub(super) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<Value, Failure> {
        let put = || self.http.put(format!("{}{path}", self.base)).header(ORIGIN, &self.base).timeout(WHOLE_PIECE);
        self.answer(|| put().header(CONTENT_TYPE, "application/octet-stream").body(bytes.clone())).await
    }

    /// Begins to fetch a file.
    pub(super) fn fetch<'a>(&'a self, path: &'a str) -> Fetching<'a> {
        Fetching { client: self, path, from: 0, response: None, tried: 0 }
    }

    async fn answer(&self, call: impl Fn() -> RequestBuilder) -> Result<Value, Failure> {
        let mut tried = 1;
        loop {
            match call().bearer_auth(self.token.expose()).send().await {
                Ok(response) if response.status().is_server_error() && tried < TRIES => {}
                Ok(response) => return self.understood(response).await,
                Err(error) if tried == TRIES => return Err(self.away(&error.without_url())),
                Err(_) => {}
            }
            tried += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn understood(&self, response: reqwest::Response) -> Result<Value, Failure> {
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let body: Value = match response.json().await {
            Ok(body) => body,
            Err(error) => return Err(self.away(&error.without_url())),
        };
        if status.is_success() {
            return Ok(body);
        }
        let said = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(match status {
            StatusCode::NOT_FOUND => Failure::NotFound(said("detail")),
            status if status.is_client_error() => Failure::Refused { code: said("code"), detail: with_fields(&body) },
            status => self.away(&format!("{status} {}", said("detail"))),
        })
    }

    pub(super) fn away(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Unreachable { url: self.base.clone(), why: why.to_string() }
    }
}

/// What a problem says, and of each field that is wrong what it does not say yet.
fn with_fields(problem: &Value) -> String {
    let of = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut said = of(problem, "detail");
    let wrongs = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
    for (field, message) in wrongs.map(|wrong| (of(wrong, "field"), of(wrong, "message"))) {
        if !said.contains(&message) {
            said = format!("{said} {field}: {message}.");
        }
    }
    said
}

/// The id of the hotel that has this name now, or had it last; an id is its own.
pub(super) async fn find(client: &Client, hotel: &str) -> Result<Uuid, Failure> {
    if let Ok(id) = hotel.parse() {
        return Ok(id);
    }
    let page = client.get(&format!("/api/v1/tenants?slug={}", escaped(hotel))).await?;
    let found = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let present = found.iter().find(|tenant| tenant.get("released_at").is_none_or(Value::is_null));
    let id = present.or(found.first()).and_then(|tenant| tenant.get("id")?.as_str()?.parse().ok());
    id.ok_or_else(|| Failure::NotFound(format!("there is no hotel {hotel}")))
}
