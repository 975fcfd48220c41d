-- expand
-- Whose database this is. One row, written when the database is given to a tenant; a connection checks it.
create table house (
    only_row boolean primary key default true constraint house_has_one_row check (only_row),
    tenant_id uuid not null,
    slug text not null,
    product text not null constraint house_product_known check (product in ('hotel', 'housing')),
    created_at timestamptz not null
);

-- What the tenant set, by name. Values are JSON; secrets of a standalone install lie here too, readable by its owner role alone.
create table settings (
    name text primary key,
    value jsonb not null,
    updated_at timestamptz not null
);
