-- expand
create table properties (
    id uuid primary key,
    name text not null constraint properties_name_present check (name <> ''),
    address text not null default '',
    phone text not null default '',
    email text not null default '',
    time_zone text not null,
    -- The hotel's own day. It moves by the night audit, never by a clock.
    business_date date not null,
    checkin_time time not null default '14:00',
    checkout_time time not null default '12:00',
    service_bp integer not null default 1000 constraint properties_service_rate check (service_bp between 0 and 1100),
    pb1_bp integer not null default 1000 constraint properties_pb1_rate check (pb1_bp between 0 and 2000),
    pb1_base_includes_service boolean not null default true,
    -- Whether the prices that staff enter already hold service and tax.
    prices_include_tax boolean not null default false,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table room_types (
    id uuid primary key,
    property_id uuid not null references properties,
    code text not null,
    name text not null constraint room_types_name_present check (name <> ''),
    description text not null default '',
    max_adults smallint not null default 2 constraint room_types_adults check (max_adults between 1 and 20),
    max_children smallint not null default 1 constraint room_types_children check (max_children between 0 and 20),
    sort smallint not null default 0,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint room_types_code_unique unique (property_id, code)
);

create table rooms (
    id uuid primary key,
    room_type_id uuid not null references room_types,
    property_id uuid not null references properties,
    number text not null constraint rooms_number_present check (number <> '' and length(number) <= 12),
    floor text not null default '',
    housekeeping text not null default 'inspected'
        constraint rooms_housekeeping_known check (housekeeping in ('dirty', 'pickup', 'clean', 'inspected')),
    service text not null default 'ok' constraint rooms_service_known check (service in ('ok', 'oos', 'ooo')),
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint rooms_number_unique unique (property_id, number)
);
create index rooms_by_type on rooms (room_type_id);

-- How many rooms of a type there are and are taken, per night. What is sold can never exceed what there is.
create table inventory_days (
    room_type_id uuid not null references room_types,
    day date not null,
    physical smallint not null constraint inventory_days_physical check (physical >= 0),
    out_of_order smallint not null default 0
        constraint inventory_days_out_of_order check (out_of_order >= 0 and out_of_order <= physical),
    sold smallint not null default 0 constraint inventory_days_sold check (sold >= 0),
    held smallint not null default 0 constraint inventory_days_held check (held >= 0),
    constraint inventory_days_not_oversold check (sold + held <= physical - out_of_order),
    primary key (room_type_id, day)
);
