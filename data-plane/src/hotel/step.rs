//! One step at a door of the hotel: done once however often it is asked, and answered as JSON or by leading on.
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hotelhub_identity::Permission;
use hotelhub_web::{AppError, Kind, Refused, RequestKey, Result, etag};
use serde::Serialize;

use super::forms;
use crate::audit::Actor;
use crate::people::Staff;
use crate::tenancy::{Begun, Scope, Session, Tenant};

/// Somebody of the hotel at one of its doors.
#[derive(Clone)]
pub(crate) struct Clerk {
    /// The hotel.
    pub(crate) tenant: Tenant,
    /// Who is signed in.
    pub(crate) staff: Staff,
}

/// What a door does once per key.
pub(crate) struct Step<'a> {
    tenant: &'a Tenant,
    scope: Scope,
    key: &'a RequestKey,
}

/// What two clerks may change at once: the `ETag` of an answer is its version.
pub(crate) trait Versioned {
    /// Counts up with each change.
    fn version(&self) -> i32;
}

impl Clerk {
    /// A step that needs this permission: 403 without it.
    pub(crate) fn step<'a>(&'a self, permission: Permission, key: &'a RequestKey) -> Result<Step<'a>> {
        self.staff.may(permission)?;
        Ok(Step::of(&self.tenant, self.staff.scope(), key))
    }

    /// Acts and answers with the sheet that came of it. It needs no key: whoever asks again names a version that is no more.
    pub(crate) async fn amend<T: Serialize + Versioned>(
        &self,
        act: impl AsyncFnOnce(&Session) -> Result<T>,
    ) -> Result<Response> {
        let tx = self.tenant.begin().await?;
        let outcome = act(&tx).await;
        tx.settle(outcome).await.map(sheet)
    }

    /// Whom the audit log names.
    pub(crate) fn actor(&self) -> Actor {
        self.staff.actor()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Clerk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let tenant = <Tenant as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let tenant = tenant.map_err(AppError::into_response)?;
        Ok(Self { tenant, staff: <Staff as FromRequestParts<S>>::from_request_parts(parts, state).await? })
    }
}

impl<'a> Step<'a> {
    /// A step of whoever this scope is.
    pub(crate) fn of(tenant: &'a Tenant, scope: Scope, key: &'a RequestKey) -> Self {
        Self { tenant, scope, key }
    }

    /// Acts and answers with what came of it as JSON.
    pub(crate) async fn answer<T: Serialize>(
        self,
        status: StatusCode,
        act: impl AsyncFnOnce(&Session) -> Result<T>,
    ) -> Result<Response> {
        self.take(status, async |tx| Ok((HeaderMap::new(), act(tx).await?))).await
    }

    /// [`Step::answer`] with the version of what is answered as its `ETag`.
    pub(crate) async fn tagged<T: Serialize + Versioned>(
        self,
        status: StatusCode,
        act: impl AsyncFnOnce(&Session) -> Result<T>,
    ) -> Result<Response> {
        let tag = |shown: &T| HeaderMap::from_iter([(ETAG, etag(shown.version()))]);
        self.take(status, async |tx| act(tx).await.map(|shown| (tag(&shown), shown))).await
    }

    /// Acts, then leads to the path that came of it and says there what happened.
    pub(crate) async fn land(self, flash: &str, act: impl AsyncFnOnce(&Session) -> Result<String>) -> Result<Response> {
        self.take(StatusCode::SEE_OTHER, async |tx| Ok((forms::leading(&act(tx).await?, flash)?, ()))).await
    }

    /// Begins, acts, and commits with the answer; or hands back the answer that was given before.
    async fn take<T: Serialize>(
        self,
        status: StatusCode,
        act: impl AsyncFnOnce(&Session) -> Result<(HeaderMap, T)>,
    ) -> Result<Response> {
        let tx = match self.tenant.begin_once(&self.scope, self.key).await? {
            Begun::Fresh(tx) => tx,
            Begun::Answered(answer) => return Ok(answer),
        };
        match act(&tx).await {
            Ok((headers, shown)) => tx.answer_with(status, headers, Ok(shown)).await,
            Err(refusal) => tx.answer_with(status, HeaderMap::new(), Err::<(), _>(refusal)).await,
        }
    }
}

/// The refusal to archive what guests are promised.
pub(crate) fn stays_to_come() -> AppError {
    let detail =
        "Guests in the house or to come have booked this: it is archived once they have left or booked otherwise.";
    AppError::new(Kind::Conflict, "stays-to-come", detail)
}

/// What is shown, with its version as its `ETag`.
pub(crate) fn sheet(shown: impl Serialize + Versioned) -> Response {
    ([(ETAG, etag(shown.version()))], Json(shown)).into_response()
}

/// The answer of a form, or the form again with what was wrong.
pub(crate) async fn or_again(
    answer: Result<Response>,
    form: impl AsyncFnOnce(StatusCode, Refused) -> Result<Response>,
) -> Result<Response> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let (status, refused) = forms::again(error)?;
            form(status, refused).await
        }
    }
}

/// [`or_again`] with what was typed, unless somebody else saved first: who was slower sees what the other saved, and decides anew.
pub(crate) async fn or_typed<F>(
    answer: Result<Response>,
    typed: F,
    form: impl AsyncFnOnce(Option<F>, StatusCode, Refused) -> Result<Response>,
) -> Result<Response> {
    or_again(answer, async |status, refused| {
        let typed = (status != StatusCode::PRECONDITION_FAILED).then_some(typed);
        form(typed, status, refused).await
    })
    .await
}
