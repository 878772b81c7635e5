-- +goose Up

-- A player's place in a ticket of matchmaking: a row for each member of a party, number 0 is who asked. A player has one ticket at most.
-- room_id is empty while the ticket waits. shared is what the ticket says for all of them, as JSON.
create table ticket_members (
	account_id text             not null primary key references accounts (id) on delete cascade,
	ticket_id  text             not null,
	number     bigint           not null,
	members    bigint           not null,
	mode       text             not null,
	party      text             not null,
	skill      double precision not null,
	roles      text             not null,
	shared     text             not null,
	queued_at  bigint           not null,
	expires_at bigint           not null,
	room_id    text             not null
);
create index ticket_members_ticket on ticket_members (ticket_id);

-- +goose Down
drop table ticket_members;
