//! What a hotel's owner asks of the control plane. The owner waits for the answer at a page; nothing else waits for it.
use std::sync::Arc;
use std::time::Duration;

use hotelhub_kernel::{Secret, TenantId};
use hotelhub_protocol::{ExportWish, FileWish, OwnersExport, paths};
use reqwest::Response;
use reqwest::header::RANGE;
use serde::Deserialize;
use thiserror::Error;

use super::LinkError;
use super::client::ControlClient;

/// How long somebody at a page is kept waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// The control plane's desk for owners. Clones are the same line to it.
#[derive(Clone)]
pub struct OwnersDesk(Arc<ControlClient>);

/// Why an owner was not served.
#[derive(Debug, Error)]
pub(crate) enum Unserved {
    /// The control plane is away, or does not answer as it should: another time it may.
    #[error(transparent)]
    Away(#[from] LinkError),
    /// It refuses, by the code of the problem.
    #[error("the control plane refuses: {0}")]
    Refused(String),
}

/// What is read of a problem.
#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl OwnersDesk {
    /// The desk at this address, for the node of this token.
    pub fn new(control_url: &str, token: Secret<String>) -> Result<Self, LinkError> {
        Ok(Self(Arc::new(ControlClient::new(control_url, token)?)))
    }

    /// The latest exports that owners of a tenant asked for, the newest first.
    pub(crate) async fn exports(&self, tenant: TenantId) -> Result<Vec<OwnersExport>, Unserved> {
        let url = format!("{}?tenant={tenant}", self.0.url(paths::EXPORTS));
        read(served(self.0.say(self.0.http.get(url), PATIENCE).await?).await?).await
    }

    /// Orders an export. Said again it is the same one.
    pub(crate) async fn order(&self, wish: &ExportWish) -> Result<OwnersExport, Unserved> {
        let call = self.0.http.post(self.0.url(paths::EXPORTS)).json(wish);
        read(served(self.0.say(call, PATIENCE).await?).await?).await
    }

    /// The beginning of a file, or of the part of it that a `Range` names; the rest may take as long as it takes.
    pub(crate) async fn fetch(&self, wish: &FileWish, range: Option<&str>) -> Result<Response, Unserved> {
        let FileWish { tenant, export, owner } = wish;
        let url = format!("{}?tenant={tenant}&export={export}&owner={owner}", self.0.url(paths::EXPORT_FILE));
        let mut call = self.0.by_name(self.0.http.get(url));
        if let Some(range) = range {
            call = call.header(RANGE, range);
        }
        let begun = tokio::time::timeout(PATIENCE, call.send()).await.map_err(|_| LinkError::Silent)?;
        served(begun.map_err(|error| LinkError::from(error.without_url()))?).await
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, Unserved> {
    Ok(response.json().await.map_err(|error| LinkError::from(error.without_url()))?)
}

/// The answer, where it is what was asked for.
async fn served(response: Response) -> Result<Response, Unserved> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let answered = LinkError::Answered(status.as_u16());
    if !status.is_client_error() {
        return Err(answered.into());
    }
    let problem: Option<Problem> = response.json().await.ok();
    Err(problem.map_or(Unserved::Away(answered), |problem| Unserved::Refused(problem.code)))
}
