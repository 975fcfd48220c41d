-- expand
-- Numbers without gaps, per property, series and year: taken by locking the row in the transaction that uses the number.
create table number_series (
    property_id uuid not null references properties,
    series text not null,
    year smallint not null,
    last_number integer not null default 0 constraint number_series_counts_up check (last_number >= 0),
    primary key (property_id, series, year)
);

create table charge_codes (
    code text primary key,
    name_id text not null,
    name_en text not null,
    -- Which tax the charge bears: it belongs to the code, not to the outlet.
    tax text not null constraint charge_codes_tax_known check (tax in ('pb1_hotel', 'pb1_food', 'none')),
    service boolean not null default true,
    sort smallint not null default 0
);
insert into charge_codes (code, name_id, name_en, tax, service, sort) values
    ('ROOM', 'Kamar', 'Room', 'pb1_hotel', true, 1),
    ('MINIBAR', 'Minibar', 'Minibar', 'pb1_food', true, 2),
    ('FOOD', 'Makanan dan minuman', 'Food and beverage', 'pb1_food', true, 3),
    ('LAUNDRY', 'Penatu', 'Laundry', 'pb1_hotel', true, 4),
    ('EXTRABED', 'Tempat tidur tambahan', 'Extra bed', 'pb1_hotel', true, 5),
    ('OTHER', 'Lain-lain', 'Other', 'pb1_hotel', true, 6),
    ('CANCELFEE', 'Biaya pembatalan', 'Cancellation fee', 'none', false, 7);

create table folios (
    id uuid primary key,
    property_id uuid not null references properties,
    reservation_id uuid not null references reservations constraint folios_one_per_reservation unique,
    number text not null constraint folios_number_unique unique,
    status text not null default 'open' constraint folios_status_known check (status in ('open', 'closed')),
    receipt_number text constraint folios_receipt_unique unique,
    receipt_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- What the guest owes, line by line. A line is never changed: a mistake is reversed by a line of its own.
create table folio_lines (
    id uuid primary key,
    folio_id uuid not null references folios,
    business_date date not null,
    posted_at timestamptz not null,
    charge_code text not null references charge_codes,
    description text not null default '',
    quantity smallint not null default 1 constraint folio_lines_quantity check (quantity between 1 and 999),
    net_idr bigint not null,
    service_idr bigint not null,
    pb1_idr bigint not null,
    gross_idr bigint not null,
    -- What caused it, once: `night:<reservation>:<date>`; absent for what a clerk types.
    source_key text constraint folio_lines_source_unique unique,
    reverses_id uuid constraint folio_lines_reversed_once unique references folio_lines,
    actor_id uuid,
    constraint folio_lines_add_up check (gross_idr = net_idr + service_idr + pb1_idr)
);
create index folio_lines_by_folio on folio_lines (folio_id, posted_at);
create trigger folio_lines_append_only before update or delete on folio_lines
    for each row execute function refuse_change();

create table payments (
    id uuid primary key,
    folio_id uuid not null references folios,
    business_date date not null,
    received_at timestamptz not null,
    method text not null constraint payments_method_known check (method in ('cash')),
    -- Negative for money given back.
    amount_idr bigint not null constraint payments_amount check (amount_idr <> 0),
    -- What the guest handed over and got back, for the receipt.
    tendered_idr bigint,
    reverses_id uuid constraint payments_reversed_once unique references payments,
    note text not null default '',
    actor_id uuid
);
create index payments_by_folio on payments (folio_id, received_at);
create trigger payments_append_only before update or delete on payments
    for each row execute function refuse_change();
