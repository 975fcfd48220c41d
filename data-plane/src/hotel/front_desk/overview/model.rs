//! The day's lists and the tape chart, as JSON and pages show them.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hotel::front_desk::Label;
use crate::hotel::reservations::{Action, Status};
use crate::hotel::rooms::{Housekeeping, Service};

/// A stay on one of the day's lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayStay {
    /// The reservation.
    pub id: Uuid,
    /// The reservation's version: what `If-Match` wants.
    pub version: i32,
    /// The booking's code.
    pub code: String,
    /// The guest's name.
    pub guest: String,
    /// Where the reservation stands.
    pub status: Status,
    /// What the desk calls it today.
    pub label: Option<Label>,
    /// The first night.
    #[schema(value_type = String, format = Date)]
    pub arrival: Date,
    /// The day of leaving.
    #[schema(value_type = String, format = Date)]
    pub departure: Date,
    /// How many nights.
    pub nights: i32,
    /// The type that was booked.
    pub room_type: DayType,
    /// The room of the coming night, or of the last one.
    pub room: Option<DayRoom>,
    /// The folio, once there is one.
    pub folio_id: Option<Uuid>,
    /// What is owed on the folio as it is posted.
    #[serde(rename = "balance_idr")]
    #[schema(value_type = i64)]
    pub balance: Rupiah,
    /// What a clerk may do with it now.
    pub allowed_actions: Vec<Action>,
}

/// A room type, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayType {
    /// Its identity.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A room, and whether a guest can be led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayRoom {
    /// Its identity.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// How clean it is.
    pub housekeeping: Housekeeping,
    /// Whether it can be slept in.
    pub service: Service,
}

/// The desk's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FrontDesk {
    /// The hotel's own day.
    #[schema(value_type = String, format = Date)]
    pub business_date: Date,
    /// Who is expected and not yet here.
    pub arrivals: Vec<DayStay>,
    /// Who leaves today or should have left.
    pub departures: Vec<DayStay>,
    /// Who left today.
    pub left: Vec<DayStay>,
    /// Everybody who has a key.
    pub in_house: Vec<DayStay>,
    /// All rooms of the house.
    pub rooms_total: i64,
    /// Rooms somebody has the key of.
    pub rooms_occupied: i64,
    /// The occupied part of all rooms, in basis points.
    pub occupancy_bp: i64,
}

/// Rooms by days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TapeChart {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// How many days.
    pub days: i32,
    /// The hotel's own day.
    #[schema(value_type = String, format = Date)]
    pub business_date: Date,
    /// Room types in the house's order, each with its rooms.
    pub room_types: Vec<ChartType>,
    /// Stays, one piece per room; without a room they wait to be placed.
    pub stays: Vec<ChartStay>,
}

/// A room type on the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChartType {
    /// Its identity.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its rooms, in the order of their numbers.
    pub rooms: Vec<DayRoom>,
}

/// A stay, or the piece of it in one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChartStay {
    /// The reservation.
    pub reservation_id: Uuid,
    /// The reservation's version: what `If-Match` wants.
    pub version: i32,
    /// The booking's code.
    pub code: String,
    /// The guest's name.
    pub guest: String,
    /// Where the reservation stands.
    pub status: Status,
    /// The type that was booked.
    pub room_type_id: Uuid,
    /// The room; absent while none is assigned.
    pub room_id: Option<Uuid>,
    /// The first night in this room.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The morning after the last night in this room.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// The whole stay's first night.
    #[schema(value_type = String, format = Date)]
    pub arrival: Date,
    /// The whole stay's departure.
    #[schema(value_type = String, format = Date)]
    pub departure: Date,
}
