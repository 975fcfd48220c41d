//! A clerk and one guest: every act at the version the reservation or folio has now.
use std::time::Duration;

use hotelhub_testkit::{Answer, Visitor};
use serde_json::{Value, json};

use crate::furnished::{Furnished, first, id};
use crate::house::Hotel;

/// A guest with one room booked.
#[derive(Clone)]
pub(crate) struct Stay {
    pub(crate) desk: Visitor,
    pub(crate) reservation: String,
}

impl Stay {
    /// A confirmed booking of one room.
    pub(crate) async fn booked(hotel: &Furnished, arrival: &str, departure: &str) -> Self {
        let (reservation, _) = first(&hotel.book("confirmed", arrival, departure).await);
        Self { desk: hotel.desk.clone(), reservation }
    }

    /// A guest who has the key of the room with this place in the list.
    pub(crate) async fn in_room(hotel: &Furnished, room: usize, arrival: &str, departure: &str) -> Self {
        let stay = Self::booked(hotel, arrival, departure).await;
        stay.done("check-in", json!({ "room_id": hotel.rooms[room] })).await;
        stay
    }

    /// The reservation as it stands.
    pub(crate) async fn seen(&self) -> Value {
        let answer = self.desk.get(&format!("/api/v1/reservations/{}", self.reservation)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// What the desk answers to a verb.
    pub(crate) async fn act(&self, verb: &str, wish: Value) -> Answer {
        let version = self.seen().await["version"].as_i64().unwrap();
        let door = format!("/api/v1/reservations/{}/{verb}", self.reservation);
        self.desk.if_match(version).post(&door, &wish).await.unwrap()
    }

    /// Does it; the answer is the reservation afterwards.
    pub(crate) async fn done(&self, verb: &str, wish: Value) -> Value {
        let answer = self.act(verb, wish).await;
        assert_eq!(answer.status, 200, "{verb}: {}", answer.text);
        assert_eq!(answer.etag().map(str::to_owned), Some(format!("\"{}\"", answer.json()["version"])), "{verb}");
        answer.json()
    }

    /// The folio's path.
    pub(crate) async fn bill(&self) -> String {
        format!("/api/v1/folios/{}", self.seen().await["folio_id"].as_str().unwrap())
    }

    /// The folio as it stands.
    pub(crate) async fn folio(&self) -> Value {
        let answer = self.desk.get(&self.bill().await).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// The rows of the folio, as an administrator finds them.
    pub(crate) fn folio_rows(&self) -> String {
        format!("select from folios where reservation_id = '{}'", self.reservation)
    }

    /// What the folio's door answers to somebody.
    pub(crate) async fn try_post(&self, who: &Visitor, door: &str, wish: Value) -> Answer {
        let version = self.folio().await["version"].as_i64().unwrap();
        who.if_match(version).post(&format!("{}/{door}", self.bill().await), &wish).await.unwrap()
    }

    /// Posts to the folio; the answer is the folio afterwards.
    pub(crate) async fn post(&self, door: &str, wish: Value) -> Value {
        let answer = self.try_post(&self.desk, door, wish).await;
        assert_eq!(answer.status, 201, "{door}: {}", answer.text);
        answer.json()
    }

    /// Pays this much in cash.
    pub(crate) async fn pay(&self, amount: i64) -> Value {
        self.post("payments", json!({ "method": "cash", "amount_idr": amount })).await
    }

    /// Posts the nights and pays what is owed.
    pub(crate) async fn settle(&self) {
        let owed = self.post("post-nights", json!({})).await["balance_idr"].as_i64().unwrap();
        if owed != 0 {
            self.pay(owed).await;
        }
    }
}

/// Lets the hotel's own day be another, as its night audit would.
pub(crate) async fn let_it_be(hotel: &Hotel, business_date: &str) {
    let statement = format!("update properties set business_date = '{business_date}'");
    hotel.sql().await.batch_execute(&statement).await.unwrap();
}

/// What `act` comes to while somebody else holds these rows: it waits there, the other does `meanwhile` and lets go.
pub(crate) async fn while_held<T>(hotel: &Hotel, rows: &str, meanwhile: &str, act: impl Future<Output = T>) -> T {
    let other = hotel.sql().await;
    other.batch_execute(&format!("begin; {rows} for update")).await.unwrap();
    let watcher = hotel.sql().await;
    let then = async {
        let waiting = "select exists (select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock') as waits";
        for _ in 0..3_000 {
            if watcher.query_one(waiting, &[]).await.unwrap().get("waits") {
                return other.batch_execute(&format!("{meanwhile}; commit")).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody waits for {rows}");
    };
    tokio::join!(act, then).0
}

/// The number of the receipt of a stay.
pub(crate) async fn receipt_number(stay: &Stay) -> String {
    stay.folio().await["receipt_number"].as_str().unwrap().to_owned()
}

/// The id of the last entry of a folio's list.
pub(crate) fn last(folio: &Value, list: &str) -> String {
    id(folio[list].as_array().unwrap().last().unwrap())
}
