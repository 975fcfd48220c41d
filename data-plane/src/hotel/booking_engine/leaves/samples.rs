//! What the public pages look like, for tests of their templates.
use hotelhub_kernel::Rupiah;
use hotelhub_web::Page;
use uuid::Uuid;

use super::{Bill, ConfirmPage, Finder, HomePage, ManagePage, NightLine, OffersPage, PlanRow, RoomLine, TypeCard};
use crate::hotel::taxes::Taxes;

fn finder() -> Finder {
    Finder {
        arrival: "2026-07-03".to_owned(),
        departure: "2026-07-05".to_owned(),
        adults: "2".to_owned(),
        children: "0".to_owned(),
        first_day: "2026-07-03".to_owned(),
    }
}

fn bill() -> Bill {
    let [net, service, pb1, gross] = [2_000_000, 200_000, 220_000, 2_420_000].map(Rupiah);
    Bill::of(&Taxes { net, service, pb1, gross })
}

fn room() -> RoomLine {
    RoomLine {
        room_type: "Kamar Deluxe".to_owned(),
        rate_plan: "Fleksibel dengan sarapan".to_owned(),
        arrival: "Jumat, 3 Juli 2026".to_owned(),
        departure: "Minggu, 5 Juli 2026".to_owned(),
        nights: 2,
        adults: 2,
        children: 0,
    }
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "hotel/booking_engine/home";

    fn sample() -> Self {
        Self {
            name: "Hotel Melati".to_owned(),
            address: "Jalan Cikini Raya 42, Jakarta 10330".to_owned(),
            phone: "+62 21 555 0142".to_owned(),
            email: "halo@melati.example".to_owned(),
            checkin: "14:00".to_owned(),
            checkout: "12:00".to_owned(),
            finder: finder(),
        }
    }
}

impl Page for OffersPage {
    const TEMPLATE: &'static str = "hotel/booking_engine/offers";

    fn sample() -> Self {
        let plan = |name: &str, breakfast: bool| PlanRow {
            id: Uuid::from_u128(2),
            name: name.to_owned(),
            breakfast,
            free_until: breakfast.then(|| "02 Jul 2026".to_owned()),
            per_night: "Rp1.210.000".to_owned(),
            bill: bill(),
            nights: vec![NightLine { day: "Jum 03 Jul".to_owned(), price: "Rp1.000.000".to_owned() }],
        };
        let card = |name: &str, available: i32, plans: Vec<PlanRow>| TypeCard {
            id: Uuid::from_u128(1),
            name: name.to_owned(),
            description: "28 m², tempat tidur besar, jendela ke taman dalam.".to_owned(),
            sleeps: 2,
            available,
            few: available == 2,
            plans,
        };
        Self {
            finder: finder(),
            nights: Some(2),
            arrival: "Jumat, 3 Juli 2026".to_owned(),
            departure: "Minggu, 5 Juli 2026".to_owned(),
            types: vec![
                card("Kamar Deluxe", 2, vec![plan("Kamar saja", false), plan("Fleksibel dengan sarapan", true)]),
                card("Suite", 0, Vec::new()),
            ],
            any: true,
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "hotel/booking_engine/details";

    fn sample() -> Self {
        Self {
            id: Uuid::from_u128(6),
            token: "4Zk0".to_owned(),
            until: Some("14:15".to_owned()),
            expired: false,
            rooms: vec![room()],
            bill: bill(),
            free_until: Some("Kamis, 2 Juli 2026".to_owned()),
            name: String::new(),
            email: String::new(),
            phone: String::new(),
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}

impl Page for ManagePage {
    const TEMPLATE: &'static str = "hotel/booking_engine/manage";

    fn sample() -> Self {
        Self {
            token: "4Zk0".to_owned(),
            code: "K7M2QX".to_owned(),
            status_key: "status.confirmed".to_owned(),
            tone: "calm",
            guest: "Wayan Suarti".to_owned(),
            email: "wayan@example.test".to_owned(),
            rooms: vec![room()],
            bill: bill(),
            free_until: "Kamis, 2 Juli 2026".to_owned(),
            can_cancel: true,
            ended: false,
            hotel_name: "Hotel Melati".to_owned(),
            address: "Jalan Cikini Raya 42, Jakarta 10330".to_owned(),
            phone: "+62 21 555 0142".to_owned(),
            checkin: "14:00".to_owned(),
            checkout: "12:00".to_owned(),
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}
