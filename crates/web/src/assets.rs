//! Static files: embedded, served under their content hash, cached for ever.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotelhub_kernel::{hex, sha256};
use rust_embed::RustEmbed;

use crate::{AppError, Kind};

/// The files of one embedded folder, by path.
#[derive(Clone, Default)]
pub struct Folder {
    pub(crate) files: Vec<(String, Cow<'static, [u8]>)>,
}

impl Folder {
    /// Everything that `E` embeds.
    pub fn of<E: RustEmbed>() -> Self {
        let files = E::iter().filter_map(|path| Some((path.to_string(), E::get(&path)?.data)));
        Self { files: files.collect() }
    }
}

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Own;

struct File {
    address: String,
    content_type: &'static str,
    bytes: Cow<'static, [u8]>,
}

/// All static files of a plane by name; cheap to clone.
#[derive(Clone)]
pub struct Assets(Arc<BTreeMap<String, File>>);

impl Assets {
    /// The files of this crate and, over them, those of `folders`.
    pub fn new(folders: &[Folder]) -> Self {
        let own = Folder::of::<Own>();
        let all = own.files.iter().chain(folders.iter().flat_map(|folder| &folder.files));
        let hash_over = |bytes: &[u8]| hex(&sha256(bytes)).chars().take(12).collect::<String>();
        let files = all.map(|(name, bytes)| {
            let address = format!("/assets/{}/{name}", hash_over(bytes));
            (name.clone(), File { address, content_type: content_type(name), bytes: bytes.clone() })
        });
        Self(Arc::new(files.collect()))
    }

    /// Where a file is served, hash and all.
    pub fn address(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|file| file.address.as_str())
    }

    /// `GET /assets/{hash}/{name}`: immutable.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let assets = self.clone();
        Router::new().route(
            "/assets/{hash}/{*name}",
            get(async move |Path((hash, name)): Path<(String, String)>| assets.answer(&hash, &name)),
        )
    }

    fn answer(&self, hash: &str, name: &str) -> Response {
        let wanted = format!("/assets/{hash}/{name}");
        match self.0.get(name) {
            Some(file) if file.address == wanted => {
                let headers =
                    [(CONTENT_TYPE, file.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
                (headers, file.bytes.clone().into_owned()).into_response()
            }
            _ => AppError::new(Kind::NotFound, "not-found", "There is no such file.").into_response(),
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
