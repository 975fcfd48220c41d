-- expand
-- How far the worker is that writes an export, of what its snapshot holds: nothing before it has counted.
alter table exports
    add column tables_done integer,
    add column tables_all integer,
    add column rows_done bigint,
    add column rows_all bigint,
    add column bytes_done bigint,
    -- The owner of the hotel who asked for it, and the wish that was said; nothing where staff did.
    add column owner_id uuid,
    add column owner_wish uuid,
    add constraint exports_far_is_whole check (num_nulls(tables_done, tables_all, rows_done, rows_all, bytes_done) in (0, 5)),
    add constraint exports_owner_is_whole check ((owner_id is null) = (owner_wish is null)),
    add constraint exports_wish_once unique (tenant_id, owner_wish);
