//! Postings in the tenant's database: rows that are only ever added.
use hotelhub_kernel::Rupiah;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::ChargeCode;
use crate::hotel::folios::store::Locked;
use crate::hotel::folios::{FolioId, Refusal};
use crate::hotel::taxes::Taxes;
use crate::tenancy::{DbError, Params, Row, Session};

/// A line about to be written.
pub(super) struct NewLine<'a> {
    pub(super) id: Uuid,
    pub(super) business_date: Date,
    pub(super) at: Timestamp,
    pub(super) charge_code: &'a str,
    pub(super) description: &'a str,
    pub(super) quantity: i16,
    pub(super) amounts: Taxes,
    pub(super) reverses: Option<Uuid>,
    pub(super) actor: Option<Uuid>,
}

/// A payment about to be written.
pub(super) struct NewPayment<'a> {
    pub(super) id: Uuid,
    pub(super) business_date: Date,
    pub(super) at: Timestamp,
    pub(super) amount: Rupiah,
    pub(super) tendered: Option<Rupiah>,
    pub(super) reverses: Option<Uuid>,
    pub(super) note: &'a str,
    pub(super) actor: Option<Uuid>,
}

/// A night that is owed and does not stand on the folio: it was never posted, or each posting was reversed.
pub(in crate::hotel::folios) struct OwedNight {
    pub(in crate::hotel::folios) day: Date,
    pub(super) price: Rupiah,
    pub(super) room_type: String,
    reversed: i64,
}

/// Nights about to be written, column by column.
#[derive(Default)]
pub(super) struct NewNights {
    pub(super) ids: Vec<Uuid>,
    pub(super) keys: Vec<String>,
    pub(super) descriptions: Vec<String>,
    pub(super) net: Vec<i64>,
    pub(super) service: Vec<i64>,
    pub(super) pb1: Vec<i64>,
}

const CHARGE_CODE: &str = "
    select code, name_id, name_en, tax <> 'none' as bears_pb1, service from charge_codes where code = $1";

const CHARGE_CODES: &str = "
    select code, name_id, name_en, tax <> 'none' as bears_pb1, service from charge_codes order by sort, code";

const INSERT_LINE: &str = "
    insert into folio_lines (id, folio_id, business_date, posted_at, charge_code, description, quantity,
                             net_idr, service_idr, pb1_idr, gross_idr, reverses_id, actor_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const INSERT_NIGHTS: &str = "
    insert into folio_lines (id, folio_id, business_date, posted_at, charge_code, description,
                             net_idr, service_idr, pb1_idr, gross_idr, source_key, actor_id)
    select n.id, $1, $2, $3, 'ROOM', n.description, n.net, n.service, n.pb1, n.net + n.service + n.pb1, n.key, $4
      from unnest($5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
           as n (id, key, description, net, service, pb1)
        on conflict on constraint folio_lines_source_unique do nothing";

const OWED_NIGHTS: &str = "
    select n.day, n.price_idr, t.name as room_type, count(l.id) as reversed
      from reservation_nights n
      join room_types t on t.id = n.room_type_id
      join folios f on f.reservation_id = n.reservation_id
      left join folio_lines l
        on l.folio_id = f.id and starts_with(l.source_key, 'night:' || n.reservation_id || ':' || n.day)
      left join folio_lines opposite on opposite.reverses_id = l.id
     where n.reservation_id = $1 and n.day < $2
     group by n.day, n.price_idr, t.name
    having count(l.id) = count(opposite.id)
     order by n.day";

const INSERT_PAYMENT: &str = "
    insert into payments (id, folio_id, business_date, received_at, method, amount_idr, tendered_idr, reverses_id, note, actor_id)
    values ($1, $2, $3, $4, 'cash', $5, $6, $7, $8, $9)";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] =
    &[CHARGE_CODE, CHARGE_CODES, INSERT_LINE, INSERT_NIGHTS, OWED_NIGHTS, INSERT_PAYMENT];

/// A charge code by its name.
pub(super) async fn charge_code(session: &Session, code: &str) -> Result<Option<ChargeCode>, DbError> {
    Ok(session.query_opt(CHARGE_CODE, &[&code]).await?.map(|row| code_of(&row)))
}

/// Every charge code, in the order of a form.
pub(super) async fn charge_codes(session: &Session) -> Result<Vec<ChargeCode>, DbError> {
    Ok(session.query(CHARGE_CODES, &[]).await?.iter().map(code_of).collect())
}

/// Writes a line; [`Refusal::AlreadyReversed`] when it takes back what was taken back.
pub(super) async fn insert_line(
    session: &Session,
    id: FolioId,
    line: &NewLine<'_>,
) -> Result<Result<(), Refusal>, DbError> {
    let Taxes { net, service, pb1, gross } = line.amounts;
    let written = session
        .execute(
            INSERT_LINE,
            &[
                &line.id,
                &id.0,
                &line.business_date,
                &line.at,
                &line.charge_code,
                &line.description,
                &line.quantity,
                &net.0,
                &service.0,
                &pb1.0,
                &gross.0,
                &line.reverses,
                &line.actor,
            ],
        )
        .await;
    refused_twice(written, "folio_lines_reversed_once")
}

/// Writes a payment; [`Refusal::AlreadyReversed`] when it takes back what was taken back.
pub(super) async fn insert_payment(
    session: &Session,
    id: FolioId,
    payment: &NewPayment<'_>,
) -> Result<Result<(), Refusal>, DbError> {
    let tendered = payment.tendered.map(|tendered| tendered.0);
    let NewPayment { business_date, at, amount, reverses, note, actor, .. } = payment;
    let written = session
        .execute(INSERT_PAYMENT, &[&payment.id, &id.0, business_date, at, &amount.0, &tendered, reverses, note, actor])
        .await;
    refused_twice(written, "payments_reversed_once")
}

fn refused_twice(written: Result<u64, DbError>, constraint: &str) -> Result<Result<(), Refusal>, DbError> {
    match written {
        Ok(_) => Ok(Ok(())),
        Err(error) => error.refusal(&[(constraint, Refusal::AlreadyReversed)]).map(Err).ok_or(error),
    }
}

impl OwedNight {
    /// What it is posted under, once: `night:<reservation>:<date>`, and after reversals `night:<reservation>:<date>:<how many>`.
    pub(super) fn key(&self, reservation: Uuid) -> String {
        let Self { day, reversed, .. } = self;
        if *reversed == 0 {
            format!("night:{reservation}:{day}")
        } else {
            format!("night:{reservation}:{day}:{reversed}")
        }
    }
}

/// The nights before `before` that do not stand on the folio, in order.
pub(in crate::hotel::folios) async fn owed_nights(
    session: &Session,
    reservation: Uuid,
    before: Date,
) -> Result<Vec<OwedNight>, DbError> {
    let rows = session.query(OWED_NIGHTS, &[&reservation, &before]).await?;
    let night = |row: &Row| OwedNight {
        day: row.get("day"),
        price: Rupiah(row.get("price_idr")),
        room_type: row.get("room_type"),
        reversed: row.get("reversed"),
    };
    Ok(rows.iter().map(night).collect())
}

/// Writes nights, each at most once whoever writes them.
pub(super) async fn insert_nights(
    session: &Session,
    folio: &Locked,
    at: Timestamp,
    actor: Option<Uuid>,
    nights: &NewNights,
) -> Result<u64, DbError> {
    let NewNights { ids, keys, descriptions, net, service, pb1 } = nights;
    let params: Params<'_> =
        &[&folio.id.0, &folio.business_date, &at, &actor, ids, keys, descriptions, net, service, pb1];
    session.execute(INSERT_NIGHTS, params).await
}

fn code_of(row: &Row) -> ChargeCode {
    ChargeCode {
        code: row.get("code"),
        name_id: row.get("name_id"),
        name_en: row.get("name_en"),
        bears_pb1: row.get("bears_pb1"),
        bears_service: row.get("service"),
    }
}
