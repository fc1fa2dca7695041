package connectors

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMain lets the tests reach whatever they name: those of the lists have lists of their own.
func TestMain(m *testing.M) {
	for name, list := range map[string]string{"PIPELINE_HOSTS": "*", "PIPELINE_ROOTS": "/"} {
		if err := os.Setenv(name, list); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// reasonOf is the words of an InvalidInput; none where nothing is wrong.
func reasonOf(t *testing.T, err error) string {
	t.Helper()
	kind, reason := CauseOf(err)
	if err != nil && kind != "InvalidInput" {
		t.Errorf("got %s: %s", kind, reason)
	}
	return reason
}

func TestOnlyWhatIsListedCanBeReached(t *testing.T) {
	t.Setenv("PIPELINE_HOSTS", "DB.example:5432, api.example\n[::1]:80")
	t.Setenv("PIPELINE_VARIABLES", "A=db.example A=api.example:443,B=*,C=api.example,NONE,UNSET=*")
	t.Setenv("PIPELINE_ROOTS", "/")
	for _, name := range []string{"A", "B", "C", "NONE", "OTHER"} {
		t.Setenv(name, name)
	}
	const hosts = "host is not in PIPELINE_HOSTS"
	for connection, want := range map[string]string{
		"postgres://db.example/x":              "",
		"postgres://DB.EXAMPLE:5432/x":         "",
		"postgres://db.example:5433/x":         hosts,
		"postgres://xdb.example/x":             hosts,
		"http://api.example:81/":               "",
		"http://[::1]/":                        "",
		"http://[::1]:81/":                     hosts,
		"nats://localhost/x":                   hosts,
		"postgres://u:${A}@db.example/x":       "",
		"https://u:${A}@api.example/${B}?${C}": "",
		"http://u:${A}@api.example/":           "environment variable A may not go there: see PIPELINE_VARIABLES",
		"http://api.example/?${NONE}":          "environment variable NONE may not go there: see PIPELINE_VARIABLES",
		"http://api.example/?${OTHER}":         "environment variable OTHER is not in PIPELINE_VARIABLES",
		"http://${UNSET}/?${OTHER}":            "environment variable UNSET is not set",
		"file:///${B}":                         "",
		"file:///${NONE}":                      "environment variable NONE may not go there: see PIPELINE_VARIABLES",
		"file://localhost/${A}":                "environment variable A may not go there: see PIPELINE_VARIABLES",
	} {
		_, err := resolve(connection, false, "postgres", "http", "https", "nats", "file")
		if got := reasonOf(t, err); got != want {
			t.Errorf("%s: got %q, want %q", connection, got, want)
		}
	}
}

func TestNothingIsListedUnlessItIsSaid(t *testing.T) {
	for _, name := range []string{"PIPELINE_HOSTS", "PIPELINE_ROOTS"} {
		t.Setenv(name, "")
	}
	for connection, want := range map[string]string{
		"http://localhost/": "host is not in PIPELINE_HOSTS",
		"file:///tmp/x":     "path is not under PIPELINE_ROOTS",
		"http://${PATH}/":   "environment variable PATH is not in PIPELINE_VARIABLES",
	} {
		_, err := resolve(connection, false, "http", "file")
		if got := reasonOf(t, err); got != want {
			t.Errorf("%s: got %q, want %q", connection, got, want)
		}
	}
}

func TestVariablesThatAreNoText(t *testing.T) {
	t.Setenv("BYTES", "\xff")
	t.Setenv("PIPELINE_VARIABLES", "BYTES=*,\xff=*")
	_, err := resolve("http://h/${BYTES}", false, "http")
	if got := reasonOf(t, err); got != "connection_string: must be a http URL" {
		t.Error(got)
	}
}

func TestPathsStayBelowTheRoots(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root, other := filepath.Join(base, "root"), filepath.Join(base, "rootless")
	for _, folder := range []string{root, other, filepath.Join(root, "in")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"root/out": other, "root/home": filepath.Join(root, "in"), "root/nowhere": filepath.Join(base, "new"),
		"root/loop": filepath.Join(root, "loop"), "root/soon": filepath.Join(root, "in", "new"), "linked": root,
	} {
		if err := os.Symlink(target, filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		roots, path string
		folder, ok  bool
	}{
		{root, "root/a", false, true},
		{root, "root", false, false},
		{root, "root", true, true},
		{root, "", true, false},
		{root, "rootless/a", false, false},
		{root, "root/new/newer/a", false, true},
		{root, "root/out/a", false, false},
		{root, "root/out/new/a", true, false},
		{root, "root/home/a", false, true},
		{root, "root/nowhere", true, false},
		{root, "root/nowhere/a", false, false},
		{root, "root/loop", false, false},
		{root, "root/soon", true, false},
		{filepath.Join(base, "linked"), "root/a", false, true},
		{root, "linked/a", false, true},
		{"/nowhere:" + root, "root/a", false, true},
		{"", "root/a", false, false},
		{":", "root/a", false, false},
		{"/", "rootless/a", false, true},
	} {
		t.Setenv("PIPELINE_ROOTS", test.roots)
		err := checkPath(filepath.Join(base, test.path), test.folder)
		if got := reasonOf(t, err) == ""; got != test.ok {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestDotsGoBeforeLinks(t *testing.T) {
	for connection, want := range map[string]string{
		"file:///a/b/../c":     "/a/c",
		"file:///a/%2e%2E/c":   "/c",
		"file:///a/./c/.":      "/a/c/",
		"file:///../../c%25":   "/c%",
		"file:///a//../c":      "/a/c",
		"file://localhost/a/c": "/a/c",
		"file:///a/c/":         "/a/c/",
	} {
		if got, err := fileOf(connection); err != nil || got != want {
			t.Errorf("%s: got %s, %v", connection, got, err)
		}
	}
}

func TestSecretsOfTheWorkerStayWithIt(t *testing.T) {
	folder := t.TempDir()
	passwords := filepath.Join(folder, "pgpass")
	services := filepath.Join(folder, "services")
	for file, body := range map[string]string{
		passwords: "*:*:*:*:hidden\n",
		services:  "[x]\nhost=elsewhere\nport=1\npassword=hidden\nsslpassword=hidden\ntoken=hidden\nsslkey=/x\nsslcert=/x\n",
	} {
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"PGPASSWORD": "hidden", "PGPASSFILE": passwords, "PGSERVICEFILE": services, "PGSERVICE": "x", "PGPORT": "1",
		"PGSSLKEY": "/x", "PGSSLCERT": "/x", "PGSSLPASSWORD": "hidden", "PGOPTIONS": "-c a=hidden", "PGAPPNAME": "hidden",
	} {
		t.Setenv(name, value)
	}
	config, _, err := settingsOf("postgres://u@h/db?table=t&sslmode=require")
	if err != nil {
		t.Fatal(err)
	}
	if config.Password != "" || config.Host != "h" || config.Port != 5432 || len(config.RuntimeParams) != 1 ||
		len(config.Fallbacks) != 0 || len(config.TLSConfig.Certificates) != 0 {
		t.Errorf("got %+v", config)
	}
	config, _, err = settingsOf("postgres://u:p@h:7/db?table=t&application_name=a")
	if err != nil {
		t.Fatal(err)
	}
	if config.Password != "p" || config.Port != 7 || config.RuntimeParams["application_name"] != "a" {
		t.Errorf("got %+v", config)
	}
}
