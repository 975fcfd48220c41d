//! The frame around the pages of the vendor's people.
use hotelhub_identity::{StaffPermission as May, StaffRole};
use hotelhub_kernel::Cursor;
use hotelhub_web::{AppError, Kind, Layout, NavItem, Result, Shell, UserBadge, Visit, format};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::App;
use crate::staff::VendorStaff;

/// Ways in the navigation: key, address, symbol, and what one must be permitted to see it.
const WAYS: [(&str, &str, &str, May); 6] = [
    ("vendor.tenants", "/vendor/tenants", "building", May::TenantRead),
    ("vendor.orders", "/vendor/orders", "list", May::FleetRead),
    ("vendor.fleet", "/vendor/fleet", "server", May::FleetRead),
    ("vendor.rollouts", "/vendor/rollouts", "tag", May::FleetRead),
    ("vendor.staff", "/vendor/staff", "users", May::StaffManage),
    ("vendor.audit", "/vendor/audit", "shield", May::AuditRead),
];

/// The shell of a vendor page, with the ways this member of staff may go.
pub(crate) fn shell(visit: &Visit, staff: &VendorStaff, title_key: &str) -> Shell {
    let mut shell = Shell::new(visit, Layout::Desk, "HotelHub", title_key);
    let ways = WAYS.into_iter().filter(|(_, _, _, permission)| staff.can(*permission));
    shell.nav = ways
        .map(|(key, href, icon, _)| NavItem {
            key: key.to_owned(),
            href: href.to_owned(),
            icon: icon.to_owned(),
            current: visit.path.starts_with(href),
            phone: true,
        })
        .collect();
    shell.user = Some(UserBadge::of(&staff.name, Some(role_key(staff.role))));
    shell
}

/// The catalogue's key of a role.
pub(crate) fn role_key(role: StaffRole) -> String {
    format!("staff.role.{}", role.as_str())
}

/// A moment as the vendor's people read it, in Jakarta.
pub(crate) fn moment(at: Timestamp, visit: &Visit) -> String {
    format::date_time(at, &vendor_zone(), visit.lang)
}

/// An instant as a browser's field for a day and an hour takes it; the seconds that have begun count as over.
pub(crate) fn field_of(at: Timestamp) -> String {
    (at + SignedDuration::from_secs(1)).to_zoned(vendor_zone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Where the vendor's people live.
pub(crate) fn vendor_zone() -> TimeZone {
    TimeZone::get("Asia/Jakarta").unwrap_or(TimeZone::UTC)
}

/// What a browser's field for a day and an hour holds, read where the vendor's people live; nothing where it was left empty.
pub(crate) fn in_vendor_zone(field: &'static str, text: &str) -> Result<Option<Timestamp>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || AppError::new(Kind::Invalid, "invalid-body", "This is no time.").field(field, "no time");
    let local: DateTime = text.parse().map_err(|_| wrong())?;
    let zoned = local.to_zoned(vendor_zone()).map_err(|_| wrong())?;
    Ok(Some(zoned.timestamp()))
}

/// The address of the next page: the same query with the cursor.
pub(crate) fn next(path: &str, query: &[(&str, &str)], cursor: Option<Cursor>) -> Option<String> {
    let cursor = String::from(cursor?);
    let pairs = query.iter().filter(|(_, value)| !value.is_empty());
    let query = pairs.fold(String::new(), |query, (name, value)| format!("{query}{name}={}&", escaped(value)));
    Some(format!("{path}?{query}cursor={cursor}"))
}

/// A value as a query string carries it.
pub(crate) fn escaped(value: &str) -> String {
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    value.bytes().map(|b| if safe(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A fresh key for a form.
pub(crate) fn form_key(app: &App) -> String {
    app.ids.next().to_string()
}
