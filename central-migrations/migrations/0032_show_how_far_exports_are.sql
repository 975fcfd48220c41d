-- expand
-- How far the worker is that writes an export, of what its snapshot holds: nothing before it has counted.
alter table exports
    add column tables_done integer,
    add column tables_all integer,
    add column rows_done bigint,
    add column rows_all bigint,
    add column bytes_done bigint,
    add constraint exports_far_is_whole check (num_nulls(tables_done, tables_all, rows_done, rows_all, bytes_done) in (0, 5));
