-- +goose Up

-- A guest that never took a seat has seated_at null and is removed after a day.
create table accounts (
	id         text   not null primary key,
	name       text   not null,
	created_at bigint not null,
	seated_at  bigint
);

create index accounts_unseated on accounts (created_at) where seated_at is null;

-- One row per sign-in, however often its token rotates. Secrets are stored as hashes; the nonce turns the previous secret
-- into the current one, so that a repeated refresh can be answered with the same successor without storing it.
create table refresh_families (
	id              text   not null primary key,
	account_id      text   not null references accounts (id) on delete cascade,
	current_hash    text   not null,
	previous_hash   text   not null,
	successor_nonce text   not null,
	rotated_at      bigint not null,
	expires_at      bigint not null,
	revoked_at      bigint
);

create index refresh_families_account on refresh_families (account_id);
create index refresh_families_expiry on refresh_families (expires_at);

create table match_results (
	id          text   not null primary key,
	room_id     text   not null,
	game        text   not null,
	finished_at bigint not null,
	payload     text   not null
);

-- +goose Down
drop table match_results;
drop table refresh_families;
drop table accounts;
