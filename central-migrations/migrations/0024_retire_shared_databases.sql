-- expand
-- A shared database in which nobody lives any more leaves `shared_databases` and is dropped as any other; one that nobody knows of is shown to
-- staff.
alter table databases
    drop constraint databases_name_shape,
    add constraint databases_name_shape check (name ~ '^(t_[0-9a-f]{32}|s_[0-9a-f]{32}([.]t_[0-9a-f]{32})?)$');
alter table strays
    drop constraint strays_name_shape,
    add constraint strays_name_shape check (name ~ '^(t_[0-9a-f]{32}|s_[0-9a-f]{32}([.]t_[0-9a-f]{32})?)$');
