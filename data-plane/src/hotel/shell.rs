//! The frame around a hotel's pages: navigation by permission, the hotel's own day, standing notices.
use hotelhub_identity::Permission;
use hotelhub_web::{Badge, Flash, Layout, NavItem, Result, Shell, UserBadge, Visit, format};
use jiff::tz::TimeZone;

use super::properties::{self, Property};
use crate::people::Staff;
use crate::tenancy::{Session, Tenant};

/// Name, address, symbol, whether it stands in the phone's bar, and who may go there.
const WAYS: [(&str, &str, &str, bool, Option<Permission>); 9] = [
    ("nav.dashboard", "/desk", "home", true, Some(Permission::FrontdeskRead)),
    ("nav.tape", "/desk/tape", "tape", true, Some(Permission::FrontdeskRead)),
    ("nav.reservations", "/desk/reservations", "book", true, Some(Permission::ReservationRead)),
    ("nav.rooms", "/desk/rooms", "bed", true, Some(Permission::RoomRead)),
    ("nav.rates", "/desk/rates", "tag", false, Some(Permission::RateRead)),
    ("nav.property", "/desk/property", "building", false, Some(Permission::PropertyRead)),
    ("nav.team", "/team", "users", false, Some(Permission::UserManage)),
    ("nav.audit", "/audit", "shield", false, Some(Permission::AuditRead)),
    ("nav.data", "/desk/data", "leave", false, Some(Permission::DataExport)),
];

/// The shell of a page for staff.
pub(crate) async fn desk(
    db: &Session,
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    title_key: &str,
) -> Result<Shell> {
    let property = properties::the_one(db).await?;
    Ok(of(&property, tenant, staff, visit, title_key))
}

/// [`desk`] for a page that has read the property already.
pub(crate) fn of(property: &Property, tenant: &Tenant, staff: &Staff, visit: &Visit, title_key: &str) -> Shell {
    let mut shell = Shell::new(visit, Layout::Desk, &property.name, title_key);
    let path = visit.path.split('?').next().unwrap_or_default();
    let permitted = WAYS.iter().filter(|way| way.4.is_none_or(|permission| staff.can(permission)));
    shell.nav = permitted.map(|(key, href, icon, phone, _)| way(key, href, icon, *phone, path)).collect();
    let role_key = staff.roles.first().map(|role| format!("role.{}", role.as_str()));
    shell.user = Some(UserBadge::of(&staff.name, role_key));
    shell.business_date = Some(day(property, tenant, visit));
    shell.search = staff.can(Permission::ReservationRead).then(|| "/desk/reservations".to_owned());
    if tenant.is_suspended() {
        let reason = tenant.route().notices.suspension.as_deref();
        shell.banners.push(Flash::bad("banner.suspended").noting(reason));
    }
    if !staff.email_confirmed {
        shell.banners.push(Flash::bad("banner.unconfirmed"));
    }
    shell
}

/// The shell of a page for guests.
pub(crate) fn public(property: &Property, visit: &Visit, title_key: &str) -> Shell {
    Shell::new(visit, Layout::Public, &property.name, title_key)
}

fn way(key: &str, href: &str, icon: &str, phone: bool, path: &str) -> NavItem {
    let below = path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let current = if href == "/desk" { path == href } else { below };
    NavItem { key: key.to_owned(), href: href.to_owned(), icon: icon.to_owned(), current, phone }
}

/// The hotel's day, red when the calendar has moved on without it.
fn day(property: &Property, tenant: &Tenant, visit: &Visit) -> Badge {
    let zone = zone(property);
    let behind = property.business_date < tenant.clock().today(&zone);
    Badge { text: format::date(property.business_date, visit.lang), tone: if behind { "bad" } else { "calm" } }
}

/// The property's time zone; UTC where its name is none.
pub(crate) fn zone(property: &Property) -> TimeZone {
    TimeZone::get(&property.time_zone).unwrap_or(TimeZone::UTC)
}
