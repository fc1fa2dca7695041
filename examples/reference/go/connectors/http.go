package connectors

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// client bounds a request as a whole, its body included. It follows no redirect, for it is not shown one: ask does.
var client = &http.Client{Timeout: 30 * time.Second, Transport: noRedirects{http.DefaultTransport}}

// locationHeader is where a redirect points, once noRedirects has seen it.
const locationHeader = "X-Location"

// noRedirects hides where a redirect points from a client, which would fail on what it cannot read.
type noRedirects struct{ http.RoundTripper }

func (t noRedirects) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Header[locationHeader] = response.Header["Location"]
		response.Header.Del("Location")
	}
	return response, err
}

const (
	maxRedirects  = 5
	maxRetryAfter = 24 * time.Hour
	// maxBody is how large an answer may be, once it is unpacked.
	maxBody = 64 * 1024 * 1024
)

// #region read

// ReadAPI yields pages of at most size records of a JSON API:
// GET …?after=<key>&limit=<n> answers {records, has_more}.
func ReadAPI(
	ctx context.Context, connection, cursor string, size int,
) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		address, err := resolve(connection, false, "http", "https")
		if err != nil {
			yield(Page{}, err)
			return
		}
		used := map[string]bool{}
		for {
			// #step Ask for the page behind the cursor
			used[cursor] = true
			asked := withQuery(address, cursor, size)
			found, err := getPage(ctx, asked)
			if err != nil {
				yield(Page{}, err)
				return
			}

			// #step A cursor that stands still never ends
			page := pageOf(found.records)
			stands := used[page.Cursor]
			if len(page.Records) == 0 {
				stands = found.hasMore
			}
			if stands {
				yield(Page{}, ValidationError(
					"API: the cursor stands still"))
				return
			}

			// #step The API says whether more follow
			cursor = page.Cursor
			if len(page.Records) == 0 ||
				!yield(page, nil) || !found.hasMore {
				return
			}
		}
	}
}

// #endregion read

// #region page

// getPage gets one page, or the failure that says what to do
// next.
func getPage(
	ctx context.Context, address resolved,
) (apiPage, error) {
	// #step No answer: try again
	response, err := ask(ctx, address)
	if err != nil {
		return apiPage{}, err
	}
	defer response.Body.Close()
	status := response.StatusCode
	answered := fmt.Sprintf("API answered %d", status)

	// #step 429: come back when the API says
	after := retryAfter(response.Header.Values("Retry-After"))
	if status == http.StatusTooManyRequests {
		return apiPage{}, RateLimited(answered, after)
	}

	// #step Server errors may pass; client errors do not
	if status == http.StatusServiceUnavailable &&
		response.Header["Retry-After"] != nil {
		return apiPage{}, UnavailableFor(answered, after)
	}
	if status >= 500 || status == http.StatusRequestTimeout {
		return apiPage{}, Unavailable(answered)
	}
	if status < 200 || status > 299 {
		return apiPage{}, ValidationError(answered)
	}

	// #step Half a JSON text may be whole next time
	body, err := unpacked(response)
	if err != nil {
		return apiPage{}, err
	}
	value, ok := StrictJSON(body)
	if !ok {
		return apiPage{}, Malformed("API answered broken JSON")
	}

	// #step JSON of another shape will not mend itself
	page, ok := toPage(value)
	if !ok {
		return apiPage{}, ValidationError(
			"API answered JSON without records")
	}
	return page, nil
}

// #endregion page

// withQuery adds to the query of a URL, which stays as it is written: its order may be signed.
func withQuery(address resolved, cursor string, size int) resolved {
	asked := *address.URL
	if asked.RawQuery != "" {
		asked.RawQuery += "&"
	}
	asked.RawQuery += "after=" + escaped(cursor) + "&limit=" + strconv.Itoa(size)
	return resolved{&asked, address.variables}
}

// unprintable is what no request may hold; servers write it into Location all the same.
var unprintable = regexp.MustCompile(`[^!-~]+`)

// ask gets an answer, and follows it where it stays with the same host: user and password go along.
func ask(ctx context.Context, address resolved) (*http.Response, error) {
	user := address.User
	for range maxRedirects + 1 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
		if err != nil {
			return nil, Unavailable("API did not answer")
		}
		request.URL.User = nil
		request.Header.Set("Accept", "application/json")
		request.Header.Set("Accept-Encoding", "gzip")
		if password, _ := user.Password(); user.Username() != "" || password != "" {
			request.SetBasicAuth(user.Username(), password)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, Unavailable("API did not answer")
		}
		if !redirects(response.StatusCode) {
			return response, nil
		}
		_ = response.Body.Close()
		location := response.Header.Get(locationHeader)
		next, err := request.URL.Parse(location)
		if err != nil || location == "" || !sameServer(request.URL, next) {
			break
		}
		if next.Scheme != request.URL.Scheme {
			// Another port of its host, which our lists may not know.
			if err := (resolved{next, address.variables}).check(false); err != nil {
				return nil, err
			}
		}
		next.RawQuery = unprintable.ReplaceAllStringFunc(next.RawQuery, escaped)
		address.URL = next
	}
	return nil, ValidationError("API redirects elsewhere")
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// sameServer reports whether a redirect stays where it was, or goes to the same host's https.
func sameServer(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	upgrades := from.Scheme == "http" && to.Scheme == "https"
	return upgrades || from.Scheme == to.Scheme && portOf(from) == portOf(to)
}

// transfer is a body that remembers how its transfer failed: unpacking it may fail for another reason.
type transfer struct {
	io.Reader
	failed error
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err != nil && err != io.EOF {
		t.failed = err
	}
	return n, err
}

// unpacked reads a body, and no more of it than may be held: a small one can unpack to gigabytes.
func unpacked(response *http.Response) ([]byte, error) {
	coming := &transfer{Reader: response.Body}
	var plain io.Reader = coming
	var err error
	switch encoding := strings.Join(response.Header.Values("Content-Encoding"), ","); strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		plain, err = gzip.NewReader(coming)
	default:
		err = errors.New("an encoding that was not asked for")
	}
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(plain, maxBody+1))
	}
	switch {
	case len(body) > maxBody:
		return nil, ValidationError("API answered too much")
	case coming.failed != nil:
		return nil, Unavailable("API did not answer")
	case err != nil:
		return nil, Malformed("API answered broken JSON")
	}
	return body, nil
}

// apiPage is what the API answers.
type apiPage struct {
	records []RawRecord
	hasMore bool
}

// toPage reads JSON as a page; ok is false when it is of another shape. It reads maps: a struct would
// take fields whatever their case.
func toPage(value any) (page apiPage, ok bool) {
	answer, _ := value.(map[string]any)
	records, isList := answer["records"].([]any)
	more, isBool := answer["has_more"].(bool)
	if !isList || !isBool {
		return apiPage{}, false
	}
	page = apiPage{records: make([]RawRecord, len(records)), hasMore: more}
	for i, record := range records {
		fields, _ := record.(map[string]any)
		id, hasID := toKey(fields["id"])
		data, hasData := fields["data"].(map[string]any)
		if !hasID || !hasData {
			return apiPage{}, false
		}
		page.records[i] = RawRecord{ID: id, Data: data}
	}
	return page, true
}

// wholeNumber is a number that can be a key: it has one spelling.
var wholeNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)$`)

// toKey is an id as text; a number keeps its digits, however many.
func toKey(id any) (key string, ok bool) {
	switch id := id.(type) {
	case string:
		return id, id != ""
	case json.Number:
		return id.String(), wholeNumber.MatchString(id.String())
	}
	return "", false
}

var (
	digits = regexp.MustCompile(`^[0-9]+$`)
	// httpDate leaves out what http.ParseTime takes too: other zones, and fractions.
	httpDate = regexp.MustCompile(`^[A-Za-z0-9 ,:-]+ (?:GMT|[0-9]{4})$`)
)

// retryAfter is the delay that the API asks for, in seconds or until a date, at most a day; one second
// when it asks for none that makes sense.
func retryAfter(values []string) time.Duration {
	if len(values) != 1 {
		return time.Second
	}
	value := strings.Trim(values[0], " \t")
	if digits.MatchString(value) {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return maxRetryAfter // more digits than it can be seconds
		}
		return bounded(time.Duration(seconds) * time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil || !httpDate.MatchString(value) {
		return time.Second
	}
	left := math.Ceil(time.Until(at).Seconds())
	return bounded(time.Duration(left) * time.Second)
}

func bounded(delay time.Duration) time.Duration {
	return min(max(delay, time.Second), maxRetryAfter)
}
