//! Values as people read them, made in Rust so that templates hold no logic.
use hotelhub_kernel::{BasisPoints, Rupiah};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Lang;

const MONTHS: [[&str; 12]; 2] = [
    [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
];
const DAYS: [[&str; 7]; 2] = [
    ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
];

fn index(lang: Lang) -> usize {
    match lang {
        Lang::Id => 0,
        Lang::En => 1,
    }
}

fn month(date: Date, lang: Lang) -> &'static str {
    let at = usize::try_from(date.month() - 1).unwrap_or(0);
    MONTHS.get(index(lang)).and_then(|names| names.get(at)).copied().unwrap_or_default()
}

/// `Rp1.210.000`.
pub fn rupiah(amount: Rupiah) -> String {
    amount.to_string()
}

/// `1.210.000`, for columns whose head says rupiah.
pub fn amount(amount: Rupiah) -> String {
    amount.to_string().replacen("Rp", "", 1)
}

/// `1.000` in Indonesian, `1,000` in English.
pub fn count(count: i64, lang: Lang) -> String {
    let grouped = amount(Rupiah(count));
    match lang {
        Lang::Id => grouped,
        Lang::En => grouped.replace('.', ","),
    }
}

/// `10,5%` in Indonesian, `10.5%` in English.
pub fn rate(rate: BasisPoints, lang: Lang) -> String {
    let (whole, rest) = (rate.0 / 100, rate.0 % 100);
    let point = if lang == Lang::Id { ',' } else { '.' };
    let rest = format!("{point}{rest:02}");
    let rest = rest.trim_end_matches('0').trim_end_matches(point);
    format!("{whole}{rest}%")
}

/// `03 Jul 2026`.
pub fn date(date: Date, lang: Lang) -> String {
    let name: String = month(date, lang).chars().take(3).collect();
    format!("{:02} {name} {}", date.day(), date.year())
}

/// `03 Jul`.
pub fn day_month(date: Date, lang: Lang) -> String {
    let name: String = month(date, lang).chars().take(3).collect();
    format!("{:02} {name}", date.day())
}

/// `Kamis, 3 Juli 2026`.
pub fn date_long(date: Date, lang: Lang) -> String {
    format!("{}, {} {} {}", weekday(date, lang), date.day(), month(date, lang), date.year())
}

/// `Juli 2026`.
pub fn month_year(date: Date, lang: Lang) -> String {
    format!("{} {}", month(date, lang), date.year())
}

/// `Kamis`.
pub fn weekday(date: Date, lang: Lang) -> &'static str {
    let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    DAYS.get(index(lang)).and_then(|names| names.get(at)).copied().unwrap_or_default()
}

/// `Kam` or `Thu`.
pub fn weekday_short(date: Date, lang: Lang) -> &'static str {
    weekday(date, lang).get(..3).unwrap_or_default()
}

/// `14:05` in the zone.
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// `03 Jul 2026 14:05` in the zone.
pub fn date_time(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    format!("{} {}", date(at.to_zoned(zone.clone()).date(), lang), time(at, zone))
}
