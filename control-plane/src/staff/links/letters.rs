//! The letters that bring links to staff.
use hotelhub_web::Letter;
use serde::Serialize;

/// Somebody is invited to the vendor's staff.
#[derive(Clone, Debug, Serialize)]
pub struct Invited {
    /// Who is invited.
    pub name: String,
    /// Who invites.
    pub by: String,
    /// The page with the one button.
    pub link: String,
    /// How long it opens.
    pub hours: i64,
}

impl Letter for Invited {
    const TEMPLATE: &'static str = "staff/letters/invited";

    fn sample() -> Self {
        let link = "https://hotelhub.id/vendor/join/c2FtcGxl".to_owned();
        Self { name: "Ratna Dewi".to_owned(), by: "Sari Wulandari".to_owned(), link, hours: 72 }
    }
}

/// One of the staff is to set up a new authenticator.
#[derive(Clone, Debug, Serialize)]
pub struct Renewed {
    /// Whose authenticator.
    pub name: String,
    /// The page with the one button.
    pub link: String,
    /// How long it opens.
    pub hours: i64,
}

impl Letter for Renewed {
    const TEMPLATE: &'static str = "staff/letters/renewed";

    fn sample() -> Self {
        let link = "https://hotelhub.id/vendor/join/c2FtcGxl".to_owned();
        Self { name: "Ratna Dewi".to_owned(), link, hours: 72 }
    }
}
