//! What a hotel must tell of itself.
use hotelhub_kernel::{BadSlug, MailAddress, Slug};
use hotelhub_web::{AppError, Kind};
use serde::{Deserialize, Serialize};

/// What was sent.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The hotel's name.
    pub hotel: String,
    /// The owner's name.
    pub owner: String,
    /// The owner's mail address.
    pub email: String,
    /// The owner's telephone number.
    pub phone: String,
    /// How many rooms it has.
    pub rooms: u32,
    /// Its name in its address.
    pub slug: String,
    /// A plan; without one the smallest that covers the rooms.
    #[serde(default)]
    pub plan: Option<String>,
    /// `Asia/Jakarta` (also without one), `Asia/Makassar` or `Asia/Jayapura`.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// The zones of Indonesia.
pub(crate) const ZONES: [&str; 3] = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"];

/// More rooms than any house has.
const MOST_ROOMS: u32 = 5_000;

/// A hotel that told all it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// The hotel's name.
    pub hotel: String,
    /// The owner's name.
    pub owner: String,
    /// The owner's mail address, in lower case.
    pub email: String,
    /// The owner's telephone number.
    pub phone: String,
    /// 1 to 5,000.
    pub rooms: u32,
    /// Its name in its address.
    pub slug: Slug,
    /// The plan it wants.
    pub plan: Option<String>,
    /// `Asia/Jakarta`, `Asia/Makassar` or `Asia/Jayapura`.
    pub time_zone: &'static str,
}

/// What is wrong with a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No name, or over 120 characters.
    Hotel,
    /// No name, or over 120 characters.
    Owner,
    /// Not a mail address.
    Email,
    /// Not a telephone number.
    Phone,
    /// None, or too many.
    Rooms,
    /// Not a name for an address.
    Slug(BadSlug),
    /// Not a zone of Indonesia.
    TimeZone,
}

impl Wrong {
    /// The field.
    pub fn field(self) -> &'static str {
        match self {
            Self::Hotel => "hotel",
            Self::Owner => "owner",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Rooms => "rooms",
            Self::Slug(_) => "slug",
            Self::TimeZone => "time_zone",
        }
    }

    /// An English sentence.
    pub fn message(self) -> String {
        match self {
            Self::Hotel | Self::Owner => "1 to 120 characters".to_owned(),
            Self::Email => "a mail address such as budi@example.id".to_owned(),
            Self::Phone => "8 to 15 digits, with spaces, hyphens or a plus in front".to_owned(),
            Self::Rooms => format!("1 to {MOST_ROOMS}"),
            Self::Slug(bad) => bad.to_string(),
            Self::TimeZone => format!("one of {}", ZONES.join(", ")),
        }
    }

    /// All of them as one refusal.
    pub fn refuse(wrongs: &[Self]) -> AppError {
        let refusal = AppError::new(Kind::Invalid, "invalid-signup", "Some of this cannot be right.");
        wrongs.iter().fold(refusal, |refusal, wrong| refusal.field(wrong.field(), wrong.message()))
    }
}

impl Newcomer {
    /// Reads a wish, or tells everything that is wrong with it.
    pub fn read(wish: Wish) -> Result<Self, Vec<Wrong>> {
        let mut wrongs = Vec::new();
        let hotel = name(&wish.hotel).ok_or(Wrong::Hotel).map_err(|wrong| wrongs.push(wrong));
        let owner = name(&wish.owner).ok_or(Wrong::Owner).map_err(|wrong| wrongs.push(wrong));
        let email = MailAddress::parse(&wish.email)
            .filter(MailAddress::is_public)
            .ok_or(Wrong::Email)
            .map_err(|wrong| wrongs.push(wrong));
        let phone = phone(&wish.phone).ok_or(Wrong::Phone).map_err(|wrong| wrongs.push(wrong));
        if !(1..=MOST_ROOMS).contains(&wish.rooms) {
            wrongs.push(Wrong::Rooms);
        }
        let slug = Slug::parse(wish.slug.trim()).map_err(|bad| wrongs.push(Wrong::Slug(bad)));
        let zone = wish.time_zone.as_deref().unwrap_or(ZONES[0]);
        let zone = ZONES.into_iter().find(|known| *known == zone).ok_or(Wrong::TimeZone);
        let zone = zone.map_err(|wrong| wrongs.push(wrong));
        match (hotel, owner, email, phone, slug, zone) {
            (Ok(hotel), Ok(owner), Ok(email), Ok(phone), Ok(slug), Ok(time_zone)) if wrongs.is_empty() => Ok(Self {
                hotel,
                owner,
                email: email.into(),
                phone,
                rooms: wish.rooms,
                slug,
                plan: wish.plan,
                time_zone,
            }),
            _ => Err(wrongs),
        }
    }
}

fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=120).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let (plus, digits) = text.strip_prefix('+').map_or(("", text), |rest| ("+", rest));
    let digits: String = digits.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let fits = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("{plus}{digits}"))
}
