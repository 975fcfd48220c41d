-- expand
-- Letters that wait for an owner's confirmed address: the dashboard asks for them each time, and mostly there are none.
create index letters_withheld on letters (id) where state = 'withheld';
