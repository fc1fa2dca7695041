package connectors

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	connectTimeout = 10 * time.Second
	closeTimeout   = time.Second
)

var (
	tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	// final are the SQLSTATE classes of bad data (22 and 23) and of bad SQL (42).
	final = regexp.MustCompile(`^(22|23|42)...$`)
)

// withTable opens postgres://…/database?table=name, runs use, closes.
func withTable(ctx context.Context, connection string, use func(db *pgx.Conn, table string) error) error {
	address, err := resolve(connection, "postgres", "postgresql")
	if err != nil {
		return err
	}
	query := address.Query()
	table := query.Get("table")
	if !tableName.MatchString(table) {
		return InvalidInput("connection_string: must name a table, as in ?table=flights")
	}
	query.Del("table")
	address.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(address.String())
	if err != nil {
		return classified(err)
	}
	config.ConnectTimeout = connectTimeout
	db, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return classified(err)
	}
	defer disconnect(db)
	if err := use(db, table); err != nil {
		return classified(err)
	}
	return nil
}

// disconnect says goodbye, even after the activity was cancelled.
func disconnect(db *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = db.Close(ctx)
}

// #region classify

// classified tells what is final from what is tried again.
func classified(err error) error {
	// #step The data broke a rule of the table: final
	var refused *pgconn.PgError
	if errors.As(err, &refused) &&
		final.MatchString(refused.Code) {
		return ValidationError(
			"database refused: " + refused.Message)
	}

	// #step Anything else may pass: try again
	return Unavailable("database: " + reason(err))
}

// #endregion classify

// reason is the innermost text: the server's own words, and never a connection string.
func reason(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Message
	}
	for {
		switch inner := err.(type) {
		case interface{ Unwrap() error }:
			if inner.Unwrap() == nil {
				return err.Error()
			}
			err = inner.Unwrap()
		case interface{ Unwrap() []error }:
			// The server's addresses were tried in turn: the first is the one that was asked for.
			err = inner.Unwrap()[0]
		default:
			return err.Error()
		}
	}
}

// #region read

// ReadTable yields pages of size records after the key cursor,
// by key range: each page costs the same.
func ReadTable(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for {
			// #step Continue behind the last key, never by OFFSET
			var records []RawRecord
			find := func(db *pgx.Conn, table string) (err error) {
				rows, _ := db.Query(ctx,
					`SELECT id, to_jsonb(t) - 'id' AS data
					 FROM `+table+` t
					 WHERE id > $1 ORDER BY id LIMIT $2`,
					cursor, size)
				records, err = pgx.CollectRows(rows,
					pgx.RowToStructByName[RawRecord])
				return err
			}
			if err := withTable(ctx, connection, find); err != nil {
				yield(Page{}, err)
				return
			}

			// #step A short page is the last one
			page := pageOf(records)
			cursor = page.Cursor
			if len(records) == 0 ||
				!yield(page, nil) || len(records) < size {
				return
			}
		}
	}
}

// #endregion read

// #region upsert

// Upsert inserts or replaces records by id, all or none; it
// returns how many.
func Upsert(
	ctx context.Context,
	connection string,
	records []TransformedRecord,
) (int, error) {
	replace := func(db *pgx.Conn, table string) error {
		// #step One statement, so one transaction a batch
		_, err := db.Exec(ctx,
			`INSERT INTO `+table+` (id, data, processed_at, version)
			 SELECT r->>'id', r->'data',
			        (r#>>'{metadata,processed_at}')::timestamptz,
			        r#>>'{metadata,version}'
			 FROM jsonb_array_elements($1::jsonb) r
			 ON CONFLICT (id) DO UPDATE SET data = excluded.data,
			   processed_at = excluded.processed_at,
			   version = excluded.version`,
			ToJSON(records))
		return err
	}

	// #step A repeated batch replaces itself
	return len(records), withTable(ctx, connection, replace)
}

// #endregion upsert
