//! The believable data of `xtask/demo/*.json`, read, and the plan of stays drawn from it by a rule without dice.
use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::repo;

/// A hotel as its file describes it.
#[derive(Debug, Deserialize)]
pub(super) struct Hotel {
    /// The body of the sign-up door.
    pub(super) signup: Map<String, Value>,
    /// What the owner fills in on the property's page.
    pub(super) property: Value,
    pub(super) room_types: Vec<RoomType>,
    pub(super) rate_plans: Vec<RatePlan>,
    pub(super) stays: Mix,
}

#[derive(Debug, Deserialize)]
pub(super) struct RoomType {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) max_adults: i16,
    pub(super) max_children: i16,
    /// Room numbers as ranges: `101-112`.
    rooms: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RatePlan {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) breakfast: bool,
    pub(super) free_cancellation_days: i16,
    /// By room type.
    pub(super) prices: BTreeMap<String, Price>,
}

/// Rupiah a night; a weekend night is Friday's or Saturday's.
#[derive(Debug, Deserialize)]
pub(super) struct Price {
    pub(super) weekday: i64,
    pub(super) weekend: i64,
}

/// Days on which every price is `percent` of the usual one.
#[derive(Debug, Deserialize)]
pub(super) struct Season {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) percent: i64,
}

/// How many stays arrive before the day of the demo, on it and after it, and over how many days they lie.
#[derive(Debug, Deserialize)]
pub(super) struct Mix {
    /// How many days before the demo the hotel opened.
    pub(super) opened_days_ago: usize,
    past: usize,
    today: usize,
    later: usize,
    over_days: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Guests {
    given: Vec<String>,
    family: Vec<String>,
    abroad: Vec<Abroad>,
    notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Abroad {
    name: String,
    nationality: String,
}

/// What becomes of a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// The guest comes and leaves as booked.
    Stays,
    /// The guest never comes.
    NoShow,
    /// The guest changes plans.
    Cancelled,
}

/// A stay of the plan, in a room of its own for its nights.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) number: usize,
    pub(super) course: Course,
    pub(super) room_type: String,
    pub(super) room: String,
    pub(super) rate_plan: String,
    /// The day on which somebody books it.
    pub(super) booked_on: Date,
    pub(super) arrival: Date,
    pub(super) departure: Date,
    pub(super) guest: Guest,
    pub(super) adults: i16,
    pub(super) notes: String,
}

#[derive(Debug)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) nationality: String,
}

/// Reads a file of `xtask/demo`.
pub(super) fn read<T: DeserializeOwned>(name: &str) -> Result<T> {
    let path = repo::root().join("xtask/demo").join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
}

impl RoomType {
    /// Every room's number.
    pub(super) fn numbers(&self) -> Result<Vec<String>> {
        let mut numbers = Vec::new();
        for range in &self.rooms {
            let Some((first, last)) = range.split_once('-') else { bail!("{range} is no range of rooms") };
            numbers.extend((first.parse::<u32>()?..=last.parse::<u32>()?).map(|number| number.to_string()));
        }
        Ok(numbers)
    }
}

impl Hotel {
    /// The stays around `today`. Nobody is booked into a room that is taken, and the same day gives the same plan.
    pub(super) fn stays(&self, today: Date, guests: &Guests) -> Result<Vec<Stay>> {
        let mut rooms = Vec::new();
        for room_type in &self.room_types {
            let of_type = |number| (room_type.code.clone(), number, Vec::new());
            rooms.extend(room_type.numbers()?.into_iter().map(of_type));
        }
        let opening = self.opening(today)?;
        let mut stays = Vec::new();
        for number in 0..self.stays.past + self.stays.today + self.stays.later {
            let (arrival, departure) = self.stays.nights(number, today)?;
            let Some((room_type, room)) = free_room(&mut rooms, number, arrival, departure) else { continue };
            let plan = &self.rate_plans[number % self.rate_plans.len()];
            let notes = if number % 9 == 4 { guests.notes[number % guests.notes.len()].clone() } else { String::new() };
            stays.push(Stay {
                number,
                course: course(number, arrival, today),
                room_type,
                room,
                rate_plan: plan.code.clone(),
                booked_on: arrival.checked_sub(days(number * 7 % 20)?)?.clamp(opening, today),
                arrival,
                departure,
                guest: guests.guest(number),
                adults: if number % 3 == 0 { 1 } else { 2 },
                notes,
            });
        }
        Ok(stays)
    }

    /// Its name in its address.
    pub(super) fn slug(&self) -> &str {
        self.signup.get("slug").and_then(Value::as_str).unwrap_or_default()
    }

    /// The hotel's first day.
    pub(super) fn opening(&self, today: Date) -> Result<Date> {
        Ok(today.checked_sub(days(self.stays.opened_days_ago)?)?)
    }
}

/// Some change their plans, few never come.
fn course(number: usize, arrival: Date, today: Date) -> Course {
    match number % 23 {
        22 if arrival != today => Course::Cancelled,
        11 if arrival < today => Course::NoShow,
        _ => Course::Stays,
    }
}

impl Mix {
    /// Stays are dense around today and thin further away; most last one to three nights.
    fn nights(&self, number: usize, today: Date) -> Result<(Date, Date)> {
        let nights = [2, 3, 1, 4, 2, 1, 3, 2, 1, 5][number % 10];
        let away = |nth: usize, of: usize, days: usize| {
            let place = nth * 37 % of.max(1);
            1 + days.saturating_sub(1) * place * place / (of * of).max(1)
        };
        let arrival = if number < self.past {
            today.checked_sub(days(away(number, self.past, self.opened_days_ago))?)?
        } else if number < self.past + self.today {
            today
        } else {
            today.checked_add(days(away(number - self.past - self.today, self.later, self.over_days))?)?
        };
        Ok((arrival, arrival.checked_add(days(nights)?)?))
    }
}

fn days(count: usize) -> Result<Span> {
    Ok(i64::try_from(count)?.days())
}

type Room = (String, String, Vec<(Date, Date)>);

/// Takes the first room that is free for all these nights, looking from a place that moves with `number`.
fn free_room(rooms: &mut [Room], number: usize, arrival: Date, departure: Date) -> Option<(String, String)> {
    let count = rooms.len();
    let free = |taken: &[(Date, Date)]| taken.iter().all(|(from, to)| departure <= *from || *to <= arrival);
    let at = (0..count).map(|step| (number * 11 + step) % count).find(|at| free(&rooms[*at].2))?;
    let (room_type, room, taken) = &mut rooms[at];
    taken.push((arrival, departure));
    Some((room_type.clone(), room.clone()))
}

impl Guests {
    fn guest(&self, number: usize) -> Guest {
        let abroad = (number % 17 == 8).then(|| &self.abroad[number / 17 % self.abroad.len()]);
        let given = &self.given[number % self.given.len()];
        let family = &self.family[number * 5 % self.family.len()];
        let (name, nationality) = match abroad {
            Some(guest) => (guest.name.clone(), guest.nationality.clone()),
            None => (format!("{given} {family}"), "ID".to_owned()),
        };
        let address = name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(".");
        let phone = format!("+62 812 {:04} {:04}", 1000 + number * 37 % 9000, 1000 + number * 91 % 9000);
        Guest { name, email: format!("{address}@tamu.example"), phone, nationality }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Course, Guests, Hotel, Season, read};

    #[test]
    fn the_plan_fits_the_house_and_is_as_large_as_promised() {
        let guests: Guests = read("guests.json").unwrap();
        let hotel: Hotel = read("melati.json").unwrap();
        let stays = hotel.stays(date(2026, 11, 21), &guests).unwrap();
        assert_eq!(stays.len(), 200);
        let rooms: usize = hotel.room_types.iter().map(|kind| kind.numbers().unwrap().len()).sum();
        assert_eq!(rooms, 42);
        for (at, stay) in stays.iter().enumerate() {
            let clash = stays[..at].iter().find(|other| {
                other.room == stay.room && other.arrival < stay.departure && stay.arrival < other.departure
            });
            assert!(clash.is_none(), "{stay:?} meets {clash:?}");
        }
        let today = date(2026, 11, 21);
        let coming = || stays.iter().filter(|stay| stay.course == Course::Stays);
        assert!(coming().filter(|stay| stay.departure == today).count() >= 4, "somebody leaves today");
        assert!(coming().filter(|stay| stay.arrival == today).count() >= 8, "somebody comes today");
        assert!(coming().filter(|stay| stay.arrival < today && today < stay.departure).count() >= 10);
        assert!(coming().filter(|stay| stay.departure < today).count() >= 30, "and many were here");
    }

    #[test]
    fn the_small_house_has_its_twelve_rooms_and_seasons_do_not_overlap() {
        let hotel: Hotel = read("kenanga.json").unwrap();
        let rooms: usize = hotel.room_types.iter().map(|kind| kind.numbers().unwrap().len()).sum();
        assert_eq!(rooms, 12);
        let seasons: Vec<Season> = read("seasons.json").unwrap();
        assert!(seasons.windows(2).all(|pair| pair[0].from < pair[0].to && pair[0].to <= pair[1].from));
    }
}
