-- +goose Up

-- Where a matched ticket plays: the region and team of all its players, and the role of each. lineup is who was matched together, as JSON, in
-- the row of number 0 alone. All are empty while the ticket waits.
alter table ticket_members add column region text not null default '';
alter table ticket_members add column team bigint not null default 0;
alter table ticket_members add column role text not null default '';
alter table ticket_members add column lineup text not null default '';

-- +goose Down
alter table ticket_members drop column lineup;
alter table ticket_members drop column role;
alter table ticket_members drop column team;
alter table ticket_members drop column region;
