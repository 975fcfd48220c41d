-- expand
create extension if not exists btree_gist;

create table guests (
    id uuid primary key,
    name text not null constraint guests_name_present check (name <> ''),
    email text not null default '',
    phone text not null default '',
    nationality text not null default '',
    notes text not null default '',
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index guests_by_email on guests (email) where email <> '';

create table bookings (
    id uuid primary key,
    property_id uuid not null references properties,
    code text not null constraint bookings_code_unique unique,
    booker_id uuid not null references guests,
    source text not null constraint bookings_source_known check (source in ('desk', 'web')),
    -- SHA-256 of the token in the guest's manage link.
    manage_token_hash bytea constraint bookings_manage_token_unique unique,
    created_on date not null,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

-- One room for some nights: nights are [arrival, departure).
create table reservations (
    id uuid primary key,
    booking_id uuid not null references bookings,
    property_id uuid not null references properties,
    room_type_id uuid not null references room_types,
    rate_plan_id uuid not null references rate_plans,
    guest_id uuid not null references guests,
    arrival date not null,
    departure date not null,
    adults smallint not null constraint reservations_adults check (adults between 1 and 20),
    children smallint not null default 0 constraint reservations_children check (children between 0 and 20),
    status text not null constraint reservations_status_known
        check (status in ('hold', 'confirmed', 'in_house', 'checked_out', 'cancelled', 'no_show', 'expired')),
    hold_until timestamptz,
    notes text not null default '',
    checked_in_at timestamptz,
    -- The business date of the check-in: it is taken back on that day only.
    checked_in_on date,
    checked_out_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text not null default '',
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint reservations_nights check (departure > arrival and departure - arrival <= 365),
    constraint reservations_hold_has_end check ((status = 'hold') = (hold_until is not null))
);
create index reservations_by_arrival on reservations (property_id, arrival);
create index reservations_by_departure on reservations (property_id, departure);
create index reservations_by_booking on reservations (booking_id);
create index reservations_holds on reservations (hold_until) where status = 'hold';

-- The price of each night as it was agreed.
create table reservation_nights (
    reservation_id uuid not null references reservations,
    day date not null,
    room_type_id uuid not null references room_types,
    rate_plan_id uuid not null references rate_plans,
    price_idr bigint not null constraint reservation_nights_price check (price_idr between 0 and 1000000000),
    primary key (reservation_id, day)
);

-- Which room, for which nights. No two guests in one bed.
create table room_assignments (
    id uuid primary key,
    reservation_id uuid not null references reservations,
    room_id uuid not null references rooms,
    period daterange not null constraint room_assignments_period check (not isempty(period)),
    active boolean not null default true,
    created_at timestamptz not null,
    constraint room_assignments_room_free exclude using gist (room_id with =, period with &&) where (active),
    constraint room_assignments_one_room exclude using gist (reservation_id with =, period with &&) where (active)
);
