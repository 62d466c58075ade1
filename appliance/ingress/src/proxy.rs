// SPDX-License-Identifier: AGPL-3.0-or-later
//! One request: find the host, answer or hand over.

use crate::body::{Body, BoxError};
use bytes::Bytes;
use http::{Request, Response};
use std::{convert::Infallible, future::Future, pin::Pin};
use tower::{Service, ServiceExt as _};

/// Something that serves the board's own UI and API.
pub trait Board: Send + Sync {
    /// Serves one request. It carries [`crate::ClientInfo`] and, for `/.commonhost/` on a service's host,
    /// [`crate::ServiceHost`] as extensions.
    fn serve(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>>;
}

struct Tower<S>(S);

impl<S, B> Board for Tower<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn serve(&self, request: Request<Body>) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        let service = self.0.clone();
        Box::pin(async move {
            match service.oneshot(request).await {
                Ok(response) => response.map(Body::wrap),
                Err(never) => match never {},
            }
        })
    }
}

/// Makes a [`Board`] of any cloneable tower service, such as an `axum::Router`.
pub fn board<S, B>(service: S) -> std::sync::Arc<dyn Board>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    std::sync::Arc::new(Tower(service))
}
