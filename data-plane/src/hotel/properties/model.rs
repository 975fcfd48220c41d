//! What a hotel says of itself.
use hotelhub_kernel::BasisPoints;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::fields;
use crate::hotel::step::Versioned;
use crate::hotel::taxes::TaxRule;
use hotelhub_web::AppError;

/// The hotel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Property {
    /// Its identity.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// Where guests write to.
    pub email: String,
    /// An IANA name: `Asia/Jakarta`.
    pub time_zone: String,
    /// The hotel's own day.
    pub business_date: Date,
    /// From when rooms are ready: `14:00`.
    #[serde(with = "hour")]
    #[schema(value_type = String)]
    pub checkin_time: Time,
    /// Until when rooms are left: `12:00`.
    #[serde(with = "hour")]
    #[schema(value_type = String)]
    pub checkout_time: Time,
    /// Service charge in basis points.
    pub service_bp: i32,
    /// PB1 in basis points.
    pub pb1_bp: i32,
    /// Whether PB1 is due on the service charge too.
    pub pb1_base_includes_service: bool,
    /// Whether prices are entered as what the guest pays.
    pub prices_include_tax: bool,
    /// Counts up with each change.
    pub version: i32,
}

/// What the hotel shows to strangers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sign {
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub address: String,
    /// Its telephone.
    pub phone: String,
    /// Where guests write to.
    pub email: String,
    /// From when rooms are ready: `14:00`.
    #[serde(with = "hour")]
    #[schema(value_type = String)]
    pub checkin_time: Time,
    /// Until when rooms are left: `12:00`.
    #[serde(with = "hour")]
    #[schema(value_type = String)]
    pub checkout_time: Time,
    /// The hotel's own day: the first that can be booked.
    pub business_date: Date,
}

impl From<Property> for Sign {
    fn from(property: Property) -> Self {
        let Property { name, address, phone, email, checkin_time, checkout_time, business_date, .. } = property;
        Self { name, address, phone, email, checkin_time, checkout_time, business_date }
    }
}

/// What is to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyChange {
    /// What it is called.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
    /// Where guests write to.
    pub email: Option<String>,
    /// An IANA name: `Asia/Jakarta`.
    pub time_zone: Option<String>,
    /// `14:00`.
    pub checkin_time: Option<String>,
    /// `12:00`.
    pub checkout_time: Option<String>,
    /// Service charge in basis points, at most 1,100.
    pub service_bp: Option<i32>,
    /// PB1 in basis points.
    pub pb1_bp: Option<i32>,
    /// Whether PB1 is due on the service charge too.
    pub pb1_base_includes_service: Option<bool>,
    /// Whether prices are entered as what the guest pays.
    pub prices_include_tax: Option<bool>,
}

impl Versioned for Property {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Property {
    /// How it charges.
    pub fn tax_rule(&self) -> TaxRule {
        TaxRule::kept(self.service_bp, self.pb1_bp, self.pb1_base_includes_service, self.prices_include_tax)
    }

    /// The property after a change, or the field that is wrong.
    pub fn changed(self, change: &PropertyChange) -> Result<Self, AppError> {
        let text = |field, new: &Option<String>, old: String, most| match new {
            Some(new) => fields::text(field, new, most),
            None => Ok(old),
        };
        Ok(Self {
            name: change.name.as_deref().map_or(Ok(self.name), |name| fields::filled("name", name, 120))?,
            address: text("address", &change.address, self.address, 500)?,
            phone: text("phone", &change.phone, self.phone, 40)?,
            email: change.email.as_deref().map_or(Ok(self.email), |email| fields::email("email", email))?,
            time_zone: change.time_zone.as_deref().map_or(Ok(self.time_zone), zone)?,
            checkin_time: change.checkin_time.as_deref().map_or(Ok(self.checkin_time), |t| time("checkin_time", t))?,
            checkout_time: change
                .checkout_time
                .as_deref()
                .map_or(Ok(self.checkout_time), |t| time("checkout_time", t))?,
            service_bp: rate("service_bp", change.service_bp.unwrap_or(self.service_bp), BasisPoints(1_100))?,
            pb1_bp: rate("pb1_bp", change.pb1_bp.unwrap_or(self.pb1_bp), BasisPoints(2_000))?,
            pb1_base_includes_service: change.pb1_base_includes_service.unwrap_or(self.pb1_base_includes_service),
            prices_include_tax: change.prices_include_tax.unwrap_or(self.prices_include_tax),
            ..self
        })
    }
}

/// A rate in basis points, from nothing up to `most`.
fn rate(field: &str, bp: i32, most: BasisPoints) -> Result<i32, AppError> {
    let fits = u32::try_from(bp).is_ok_and(|bp| bp <= most.0);
    if fits { Ok(bp) } else { Err(fields::beyond(field, BasisPoints(0), most)) }
}

fn zone(name: &str) -> Result<String, AppError> {
    match TimeZone::get(name) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(name).to_owned()),
        Err(_) => Err(fields::wrong("time_zone", "an IANA time zone such as Asia/Jakarta")),
    }
}

fn time(field: &str, text: &str) -> Result<Time, AppError> {
    Time::strptime("%H:%M", text).map_err(|_| fields::wrong(field, "a time such as 14:00"))
}

/// `14:00` in JSON.
mod hour {
    use jiff::civil::Time;
    use serde::Serializer;

    pub(super) fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        let digits = |number: i8| [b'0' + number.unsigned_abs() / 10, b'0' + number.unsigned_abs() % 10];
        let ([h, hh], [m, mm]) = (digits(time.hour()), digits(time.minute()));
        to.serialize_str(str::from_utf8(&[h, hh, b':', m, mm]).expect("digits are ASCII"))
    }
}
