//! The routers behind the front: each door says which it is once it is found.
use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use axum::routing::Route;
use tower::layer::layer_fn;
use tower::{Layer, Service};

use crate::metrics::Usual;
use crate::subject;

/// Doors that can stand behind a [`crate::Front`].
#[derive(Clone, Default)]
pub struct Doors(Router);

impl Doors {
    /// The doors of a router.
    pub fn of(router: Router) -> Self {
        Self::behind(layer_fn(|door: Route| door), router)
    }

    /// The doors of a router, each behind a layer of its own.
    pub fn behind<L>(layer: L, router: Router) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        Self(router.layer(layer_fn(move |door| Door { usual: Usual::default(), inner: layer.layer(door) })))
    }

    /// These and those.
    pub fn merge(self, others: Self) -> Self {
        Self(self.0.merge(others.0))
    }

    pub(crate) fn into_router(self) -> Router {
        self.0
    }
}

/// A door that tells the request's subject that it was found.
#[derive(Clone)]
struct Door<S> {
    usual: Usual,
    inner: S,
}

impl<S: Service<Request>> Service<Request> for Door<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        subject::is_at(request.extensions().get::<MatchedPath>(), self.usual);
        self.inner.call(request)
    }
}
