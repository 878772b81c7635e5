-- +goose Up

-- The mode of a match that matchmaking has made; empty for any other.
alter table match_results add column mode text not null default '';

-- What is known of a player's skill in a mode, and what it has come to there. ordinal orders boards.
create table ratings (
	mode       text             not null,
	account_id text             not null references accounts (id) on delete cascade,
	mu         double precision not null,
	sigma      double precision not null,
	ordinal    double precision not null,
	matches    bigint           not null,
	wins       bigint           not null,
	losses     bigint           not null,
	draws      bigint           not null,
	updated_at bigint           not null,
	primary key (mode, account_id)
);
create index ratings_board on ratings (mode, ordinal desc, account_id);
create index ratings_account on ratings (account_id);

-- Who took part in a match. The ordinals are null where the match changed no rating.
create table match_places (
	match_id       text   not null references match_results (id) on delete cascade,
	account_id     text   not null references accounts (id) on delete cascade,
	finished_at    bigint not null,
	team           bigint not null,
	place          bigint not null,
	score          bigint not null,
	outcome        text   not null,
	ordinal_before double precision,
	ordinal_after  double precision,
	primary key (match_id, account_id)
);
create index match_places_history on match_places (account_id, finished_at desc, match_id desc);

-- +goose Down
drop table match_places;
drop table ratings;
alter table match_results drop column mode;
