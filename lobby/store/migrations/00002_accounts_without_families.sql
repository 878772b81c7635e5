-- +goose Up

-- Nobody can sign in to an account without a refresh family. From now on such accounts go with their last family; these are the
-- ones that have lost it already.
delete from accounts where not exists (select 1 from refresh_families where refresh_families.account_id = accounts.id);

-- +goose Down
select 1;
