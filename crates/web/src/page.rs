//! What a page is, and the shell around it.
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;

use crate::body::path_of;
use crate::{Lang, cookies};

/// A struct that is all its template may see.
pub trait Page: Serialize {
    /// The template's name: `hotel/front-desk/dashboard`.
    const TEMPLATE: &'static str;

    /// One that could be real: for the test that renders every page.
    fn sample() -> Self;
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Reads `auto`, `light` or `dark`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// `auto`, `light` or `dark`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What every page needs to know of its request: language, theme, where it is, and what just happened.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The visitor's language.
    pub lang: Lang,
    /// The visitor's choice of light.
    pub theme: Theme,
    /// Path and query of this page.
    pub path: String,
    /// The catalogue key of what the last POST did, and whether it went well.
    pub flash: Option<Flash>,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let theme = cookies::read(&parts.headers, "theme").and_then(Theme::parse).unwrap_or_default();
        let flash = cookies::read(&parts.headers, "flash").and_then(Flash::parse);
        Ok(Self { lang: Lang::of(&parts.headers), theme, path: path_of(&parts.uri).to_owned(), flash })
    }
}

/// One sentence about what just happened, carried over a redirect in a short-lived cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flash {
    /// `good` or `bad`: how it is coloured.
    pub tone: &'static str,
    /// The catalogue's key of the sentence.
    pub key: String,
    /// What somebody wrote, said after it.
    pub note: Option<String>,
}

impl Flash {
    /// It went well; `key` is of the catalogue, made of letters, digits, dots and hyphens.
    pub fn good(key: &str) -> Self {
        Self { tone: "good", key: key.to_owned(), note: None }
    }

    /// It did not.
    pub fn bad(key: &str) -> Self {
        Self { tone: "bad", key: key.to_owned(), note: None }
    }

    /// The same with what somebody wrote after it.
    #[must_use]
    pub fn noting(self, note: Option<&str>) -> Self {
        Self { note: note.map(str::to_owned), ..self }
    }

    fn parse(text: &str) -> Option<Self> {
        let (tone, key) = text.split_once(':')?;
        let tone = ["good", "bad"].into_iter().find(|known| *known == tone)?;
        let fits = key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        (fits && !key.is_empty() && key.len() <= 80).then(|| Self { tone, key: key.to_owned(), note: None })
    }

    /// The `Set-Cookie` value that shows this on the next page.
    pub fn cookie(&self) -> axum::http::HeaderValue {
        cookies::set_host("flash", &format!("{}:{}", self.tone, self.key), std::time::Duration::from_secs(20))
    }
}

/// The frame around a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Staff: top bar, navigation, dense.
    Desk,
    /// Guests and strangers: wide and generous.
    Public,
    /// One small card: login and the like.
    Plain,
    /// Paper.
    Print,
}

/// One way in the navigation.
#[derive(Clone, Debug, Serialize)]
pub struct NavItem {
    /// The catalogue's key of its name.
    pub key: String,
    /// Where it leads.
    pub href: String,
    /// A symbol of `icons.svg`.
    pub icon: String,
    /// Whether this page is it.
    pub current: bool,
    /// Whether it stands in the phone's bottom bar.
    pub phone: bool,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct UserBadge {
    /// The person's name.
    pub name: String,
    /// The person's initials, for the round badge.
    pub initials: String,
    /// The catalogue's key of what the person is, if anything.
    pub role_key: Option<String>,
}

impl UserBadge {
    /// A badge for a person.
    pub fn of(name: &str, role_key: Option<String>) -> Self {
        let initials = name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
        Self { name: name.to_owned(), initials, role_key }
    }
}

/// A small coloured label.
#[derive(Clone, Debug, Serialize)]
pub struct Badge {
    /// What it says.
    pub text: String,
    /// `good`, `warn`, `bad` or `calm`.
    pub tone: &'static str,
}

/// What the layout sees.
#[derive(Clone, Debug, Serialize)]
pub struct Shell {
    /// The visitor's language.
    pub lang: Lang,
    /// The visitor's choice of light.
    pub theme: Theme,
    /// Which frame.
    pub layout: Layout,
    /// The hotel's or the vendor's name.
    pub site_name: String,
    /// The catalogue's key of the page's title.
    pub title_key: String,
    /// A title that is no catalogue text, such as a guest's name; stands before the key's.
    pub title: Option<String>,
    /// Path and query of this page, for the language switch.
    pub path: String,
    /// The navigation; empty on public pages.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub user: Option<UserBadge>,
    /// The hotel's day; red when behind the calendar.
    pub business_date: Option<Badge>,
    /// Where the search field of the top bar leads; absent without one.
    pub search: Option<String>,
    /// What just happened.
    pub flash: Option<Flash>,
    /// Standing notices: catalogue keys with their tone.
    pub banners: Vec<Flash>,
}

impl Shell {
    /// A shell without navigation and user.
    pub fn new(visit: &Visit, layout: Layout, site_name: &str, title_key: &str) -> Self {
        Self {
            lang: visit.lang,
            theme: visit.theme,
            layout,
            site_name: site_name.to_owned(),
            title_key: title_key.to_owned(),
            title: None,
            path: visit.path.clone(),
            nav: Vec::new(),
            user: None,
            business_date: None,
            search: None,
            flash: visit.flash.clone(),
            banners: Vec::new(),
        }
    }

    /// Puts a text of its own before the title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}
