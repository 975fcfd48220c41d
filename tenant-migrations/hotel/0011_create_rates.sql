-- expand
create table rate_plans (
    id uuid primary key,
    property_id uuid not null references properties,
    code text not null,
    name text not null constraint rate_plans_name_present check (name <> ''),
    description text not null default '',
    breakfast boolean not null default false,
    -- Days before arrival until which a guest cancels without a fee.
    free_cancellation_days smallint not null default 1
        constraint rate_plans_cancellation check (free_cancellation_days between 0 and 365),
    public boolean not null default true,
    sort smallint not null default 0,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint rate_plans_code_unique unique (property_id, code)
);

create table rate_days (
    rate_plan_id uuid not null references rate_plans,
    room_type_id uuid not null references room_types,
    day date not null,
    price_idr bigint not null constraint rate_days_price check (price_idr between 0 and 1000000000),
    closed boolean not null default false,
    min_nights smallint not null default 1 constraint rate_days_min_nights check (min_nights between 1 and 30),
    primary key (rate_plan_id, room_type_id, day)
);
create index rate_days_by_type on rate_days (room_type_id, day);
