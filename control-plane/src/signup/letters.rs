//! The letter that opens the door.
use hotelhub_web::Letter;
use serde::Serialize;

/// Welcome, with the link whose page logs the owner in once.
#[derive(Clone, Debug, Serialize)]
pub struct Welcome {
    /// The owner's name.
    pub owner: String,
    /// The hotel's name.
    pub hotel: String,
    /// Where the hotel is.
    pub address: String,
    /// Where its owner gets in.
    pub login_link: String,
    /// How long the link opens, in days.
    pub link_days: i64,
    /// How long the trial lasts, in days.
    pub trial_days: i64,
}

impl Letter for Welcome {
    const TEMPLATE: &'static str = "signup/letters/welcome";

    fn sample() -> Self {
        Self {
            owner: "Budi Santoso".to_owned(),
            hotel: "Hotel Melati".to_owned(),
            address: "https://melati.hotelhub.id".to_owned(),
            login_link: "https://melati.hotelhub.id/login/link/c2FtcGxl".to_owned(),
            link_days: 7,
            trial_days: 14,
        }
    }
}
