package connectors

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"go.temporal.io/sdk/temporal"
)

const (
	connectTimeout = 10 * time.Second
	closeTimeout   = time.Second
	cancelTimeout  = 5 * time.Second
	// statementTimeout is in milliseconds, as the server takes it.
	statementTimeout = "300000"
)

var (
	// tableName is name or schema.name, each part as it is or in quotes.
	tableName = regexp.MustCompile(
		`^(?:([A-Za-z_][A-Za-z0-9_$]*|"(?:[^"\x00]|"")+")\.)?([A-Za-z_][A-Za-z0-9_$]*|"(?:[^"\x00]|"")+")$`)
	// final are the SQLSTATE classes of bad data (22, 23), of bad SQL (42, 0A), and of a user (28) or a
	// database (3D) that is not there.
	final = regexp.MustCompile(`^(22|23|42|28|3D|0A)...$`)
	// parameters are what a connection string may say behind its ?, and what it may say of it.
	parameters = map[string]*regexp.Regexp{
		"table":            regexp.MustCompile(``),
		"sslmode":          regexp.MustCompile(`^(?:disable|prefer|require|verify-ca|verify-full)$`),
		"application_name": regexp.MustCompile(``),
		"connect_timeout":  regexp.MustCompile(`^[1-9][0-9]{0,3}$`),
	}
)

const maxName = 63

// CheckTable checks that the URL names a table, and that its variables are set; it does not connect.
func CheckTable(connection string) error {
	_, _, err := settingsOf(connection)
	return err
}

// openTable opens postgres://…/database?table=name; the table is quoted, as SQL takes it.
func openTable(ctx context.Context, connection string) (db *pgx.Conn, table string, err error) {
	config, table, err := settingsOf(connection)
	if err != nil {
		return nil, "", err
	}
	db, err = pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, "", answer(ctx, err)
	}
	return db, table, nil
}

// settingsOf is how to reach a database, and the table that is meant.
func settingsOf(connection string) (config *pgx.ConnConfig, table string, err error) {
	address, err := resolve(connection, false, "postgres", "postgresql")
	if err != nil {
		return nil, "", err
	}
	options, err := optionsOf(address.URL)
	if err != nil {
		return nil, "", err
	}
	table, ok := quoted(options.Get("table"))
	if !ok {
		return nil, "", InvalidInput("connection_string: must name a table, as in ?table=flights")
	}
	database := strings.TrimPrefix(address.Path, "/")
	if database == "" {
		return nil, "", InvalidInput("connection_string: must name a database")
	}
	options.Del("table")
	if !options.Has("connect_timeout") {
		options.Set("connect_timeout", strconv.Itoa(int(connectTimeout.Seconds())))
	}
	// The worker's own are not for every host: no key, no file of passwords, no PGPORT for the port that was checked.
	options.Set("sslcertmode", "disable")
	options.Set("passfile", "")
	address.Host = net.JoinHostPort(address.Hostname(), portOf(address.URL))
	address.RawQuery = options.Encode()
	config, err = pgx.ParseConfig(address.String())
	if err != nil {
		return nil, "", Unavailable("database did not answer")
	}
	config.Password, _ = address.User.Password()
	config.Database = database
	// Nor what PGOPTIONS or a service file would have the server be told.
	config.RuntimeParams = map[string]string{"statement_timeout": statementTimeout}
	if name := options.Get("application_name"); name != "" {
		config.RuntimeParams["application_name"] = name
	}
	// A cancelled query is over on the server, too, when it returns.
	config.BuildContextWatcherHandler = func(db *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: db, DeadlineDelay: cancelTimeout}
	}
	return config, table, nil
}

// optionsOf reads the query of a URL, in which each name stands once.
func optionsOf(address *url.URL) (url.Values, error) {
	options := url.Values{}
	for pair := range strings.SplitSeq(address.RawQuery, "&") {
		if pair == "" {
			continue
		}
		left, right, _ := strings.Cut(pair, "=")
		// resolve has seen that both can be unescaped. A + is a +.
		name, _ := url.PathUnescape(left)
		value, _ := url.PathUnescape(right)
		allowed, known := parameters[name]
		if !known || options.Has(name) || !allowed.MatchString(value) {
			return nil, InvalidInput("connection_string: does not know that parameter")
		}
		options.Set(name, value)
	}
	return options, nil
}

// quoted is a table as SQL takes it, whatever its name.
func quoted(table string) (sql string, ok bool) {
	found := tableName.FindStringSubmatch(table)
	if found == nil {
		return "", false
	}
	var name pgx.Identifier
	for _, part := range found[1:] {
		if inner, isQuoted := strings.CutPrefix(part, `"`); isQuoted {
			part = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
		}
		if len(part) > maxName {
			return "", false
		}
		if part != "" {
			name = append(name, part)
		}
	}
	return name.Sanitize(), true
}

// disconnect says goodbye, even after the activity was cancelled.
func disconnect(db *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = db.Close(ctx)
}

// answer is why a query failed; of a cancelled activity, that it is cancelled.
func answer(ctx context.Context, err error) error {
	// A worker that stops, or a heartbeat that is not answered, ends the context too: the next attempt mends that.
	if cause := context.Cause(ctx); temporal.IsCanceledError(cause) {
		return cause
	}
	return classified(err)
}

// #region classify

// classified tells what is final from what is tried again.
func classified(err error) error {
	// #step The data broke a rule of the table: final
	var refused *pgconn.PgError
	if errors.As(err, &refused) &&
		final.MatchString(refused.Code) {
		message := "database refused: " + refused.Code
		if refused.ConstraintName != "" {
			message += " (" + refused.ConstraintName + ")"
		}
		return ValidationError(message)
	}

	// #step Anything else may pass: try again
	return Unavailable("database did not answer")
}

// #endregion classify

// #region read

// ReadTable yields pages of size records after the key cursor,
// by key range: each page costs the same.
func ReadTable(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		table, err := openKeyed(ctx, connection, cursor)
		if err != nil {
			yield(Page{}, err)
			return
		}
		defer disconnect(table.db)
		for {
			// #step Continue behind the last key, never by OFFSET
			records, err := table.behind(ctx, cursor, size+1)
			if err != nil {
				yield(Page{}, err)
				return
			}

			// #step A key that is there twice would lose a row
			if err := checkKeys(records); err != nil {
				yield(Page{}, err)
				return
			}

			// #step A short page is the last one
			page := pageOf(records[:min(len(records), size)])
			cursor = page.Cursor
			if len(records) == 0 ||
				!yield(page, nil) || len(records) <= size {
				return
			}
		}
	}
}

// #endregion read

// keyedTable is a table to read by its key, over one connection.
type keyedTable struct {
	db            *pgx.Conn
	name, keyType string
}

// openKeyed opens a table, asks for the type of its key and, before the first page, that every row has one.
func openKeyed(ctx context.Context, connection, cursor string) (keyedTable, error) {
	db, name, err := openTable(ctx, connection)
	if err != nil {
		return keyedTable{}, err
	}
	table := keyedTable{db: db, name: name}
	err = table.prepare(ctx, cursor)
	if err != nil {
		disconnect(db)
	}
	return table, err
}

func (t *keyedTable) prepare(ctx context.Context, cursor string) error {
	err := t.db.QueryRow(ctx,
		`SELECT format_type(atttypid, atttypmod) FROM pg_attribute
		 WHERE attrelid = $1::text::regclass AND attname = 'id' AND NOT attisdropped`,
		t.name).Scan(&t.keyType)
	if errors.Is(err, pgx.ErrNoRows) {
		return ValidationError("a record has no key")
	}
	if err == nil && cursor == "" {
		var missing bool
		err = t.db.QueryRow(ctx,
			`SELECT EXISTS (SELECT FROM `+t.name+` t WHERE t.id IS NULL)`).Scan(&missing)
		if missing {
			return ValidationError("a record has no key")
		}
	}
	if err != nil {
		return answer(ctx, err)
	}
	return nil
}

// behind reads so many records behind a key, which it compares as what it is: 10 is behind 9.
func (t *keyedTable) behind(ctx context.Context, cursor string, limit int) ([]RawRecord, error) {
	from, keys := "", []any{}
	if cursor != "" {
		from, keys = `WHERE t.id > $1::text::`+t.keyType, []any{cursor}
	}
	// t.* is the row even where a column is named t.
	rows, _ := t.db.Query(ctx,
		`SELECT t.id::text, (to_jsonb(t.*) - 'id')::text FROM `+t.name+` t `+from+
			` ORDER BY t.id LIMIT `+strconv.Itoa(limit), keys...)
	records, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (RawRecord, error) {
		var record RawRecord
		var data []byte
		if err := row.Scan(&record.ID, &data); err != nil {
			return record, err
		}
		return record, unmarshalExact(data, &record.Data)
	})
	if err != nil {
		return nil, answer(ctx, err)
	}
	return records, nil
}

// checkKeys finds keys by which nobody can go on.
func checkKeys(records []RawRecord) error {
	for i, record := range records {
		if record.ID == "" {
			return ValidationError("a record has no key")
		}
		if i > 0 && record.ID == records[i-1].ID {
			return ValidationError("key is not unique")
		}
	}
	return nil
}

// #region upsert

// Upsert inserts or replaces records by id, all or none; rows
// that a newer run has written stay. It returns how many.
func Upsert(
	ctx context.Context,
	connection string,
	records []TransformedRecord,
) (int, error) {
	// #step Of two records with one key, the last stays
	rows := lastOfEach(records)
	db, table, err := openTable(ctx, connection)
	if err != nil {
		return 0, err
	}
	defer disconnect(db)

	// #step One transaction, and no row of a newer run
	err = execute(ctx, db,
		`INSERT INTO `+table+` AS t
		   (id, data, processed_at, version)
		 SELECT r->>'id', r->'data',
		        (r#>>'{metadata,processed_at}')::timestamptz,
		        r#>>'{metadata,version}'
		 FROM jsonb_array_elements($1::jsonb) r
		 ON CONFLICT (id) DO UPDATE SET data = excluded.data,
		   processed_at = excluded.processed_at,
		   version = excluded.version
		 WHERE coalesce(
		   t.processed_at <= excluded.processed_at, true)`,
		rows)
	if err != nil {
		return 0, err
	}

	// #step A repeated batch replaces itself
	return len(records), nil
}

// #endregion upsert

// execute runs a statement that takes rows as JSON.
func execute(ctx context.Context, db *pgx.Conn, sql string, rows any) error {
	text, err := ToJSON(rows)
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, sql, text); err != nil {
		return answer(ctx, err)
	}
	return nil
}

// lastOfEach leaves out what a later record of the same id replaces.
func lastOfEach(records []TransformedRecord) []TransformedRecord {
	last := make(map[string]int, len(records))
	for i, record := range records {
		last[record.ID] = i
	}
	kept := make([]TransformedRecord, 0, len(last))
	for i, record := range records {
		if last[record.ID] == i {
			kept = append(kept, record)
		}
	}
	return kept
}
