-- expand
-- An answer under a key and the body of a letter may hold a link that lets its reader in: both are kept sealed. What lies in the columns
-- in clear is an older program's.
alter table idempotency_keys add column sealed bytea;
alter table letters add column sealed bytea;
alter table letters alter column body_text set default '', alter column body_html set default '';
