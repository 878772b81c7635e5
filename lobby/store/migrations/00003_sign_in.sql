-- +goose Up
-- The epoch counts what has ended access tokens early: signing out, a ban, a new password. epoch_at says when it did last.
alter table accounts add column role text not null default 'player';
alter table accounts add column epoch bigint not null default 0;
alter table accounts add column epoch_at bigint not null default 0;
alter table accounts add column banned_at bigint;
alter table accounts add column ban_until bigint;
alter table accounts add column ban_reason text not null default '';
create index accounts_epoch_at on accounts (epoch_at) where epoch_at > 0;

-- created_at is when somebody proved who they are; network and device are those of the last refresh.
alter table refresh_families add column created_at bigint not null default 0;
alter table refresh_families add column network text not null default '';
alter table refresh_families add column device text not null default '';

-- A way to sign in: e-mail and password (provider 'email', the address in lower case, the hash of the password), or the subject
-- that an OpenID provider knows.
create table identities (
	provider   text   not null,
	subject    text   not null,
	account_id text   not null references accounts (id) on delete cascade,
	label      text   not null,
	secret     text   not null,
	created_at bigint not null,
	primary key (provider, subject),
	unique (account_id, provider)
);

-- What a link in an e-mail is good for, once. A confirmation carries the hash of the password that becomes valid with it.
create table mail_tokens (
	hash       text   not null primary key,
	purpose    text   not null,
	account_id text   not null references accounts (id) on delete cascade,
	email      text   not null,
	secret     text   not null,
	expires_at bigint not null
);
create index mail_tokens_account on mail_tokens (account_id);
create index mail_tokens_expiry on mail_tokens (expires_at);

-- +goose Down
drop table mail_tokens;
drop table identities;
alter table refresh_families drop column device;
alter table refresh_families drop column network;
alter table refresh_families drop column created_at;
drop index accounts_epoch_at;
alter table accounts drop column ban_reason;
alter table accounts drop column ban_until;
alter table accounts drop column banned_at;
alter table accounts drop column epoch_at;
alter table accounts drop column epoch;
alter table accounts drop column role;
