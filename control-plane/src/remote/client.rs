//! HTTP calls with a staff token. A change carries one key through all its tries, so that it is made once.
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotelhub_kernel::{Entropy, Secret, hex};
use reqwest::header::ORIGIN;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use thiserror::Error;

use crate::config::resolve;

/// How often a call is made before the control plane counts as away.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(30);

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
        })
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
            status if status.is_client_error() => Failure::Refused { code: said("code"), detail: said("detail") },
            status => self.away(&format!("{status} {}", said("detail"))),
        })
    }

    fn away(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Unreachable { url: self.base.clone(), why: why.to_string() }
    }
}
