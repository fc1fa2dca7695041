//! A folder as a target: it holds the parts of the last run that completed, and no others.
//!
//! Parts are `<pipeline_id>.<run>.<source_id>.<number>.<extension>`. Which of them count says the
//! newest `<pipeline_id>.<run>.manifest.json`; names of runs sort by time. Until a run is complete its
//! parts wait in a folder whose name begins with a dot, where nobody reads.
use std::{io, path::Path, sync::LazyLock};

use regex::Regex;
use serde::Serialize;
use temporalio_sdk::ApplicationFailure;
use tokio::fs;

use super::{
    connection::resolve_folder,
    failures::{Result, unavailable, validation_error},
    files::{unless_gone, write_atomically},
    ndjson::to_ndjson,
};

/// The parts that one run of a pipeline writes into a folder.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// A `file://` URL.
    pub connection: &'a str,
    pub pipeline_id: &'a str,
    /// When the run began, RFC 3339 in UTC, and its id: the newest run is the last in order.
    pub processed_at: &'a str,
    pub run_id: &'a str,
}

/// Writes one part, to be shown when the run is complete.
// #region part
pub async fn write_part(
    parts: Parts<'_>,
    name: &str,
    body: &[u8],
) -> Result<()> {
    // #step Where nobody reads, under the name of the run
    let folder = resolve_folder(parts.connection)?;
    let hidden = folder.join(format!(".{}", parts.run()));

    // #step Named after its batch, so a repeat replaces it
    write_atomically(&hidden.join(name), body).await
}
// #endregion part

/// Shows the parts of a run in place of those of the runs before. Fails with `ValidationError` when
/// the folder holds a newer run, with `Unavailable` when there are not `count` parts.
// #region complete
pub async fn complete_parts(
    parts: Parts<'_>,
    count: usize,
) -> Result<()> {
    let folder = resolve_folder(parts.connection)?;
    let run = parts.run();
    let hidden = folder.join(format!(".{run}"));

    // #step A newer run has been here: this one is too late
    let before = listed(&folder).await?;
    let manifests = before.iter().filter(|it| is_manifest(it));
    let mut runs = manifests.filter_map(|it| parts.run_of(it));
    if runs.any(|found| found > run.as_str()) {
        return Err(validation_error(
            "folder holds a newer run",
        ));
    }

    // #step Show the parts, those of an attempt before too
    for name in listed(&hidden).await? {
        let shown = format!("{run}.{name}");
        moved(&hidden.join(name), &folder.join(shown)).await?;
    }
    let shown = shown_parts(&folder, &run, count).await?;

    // #step One rename: readers see the old run or the new
    let manifest = Manifest { run: &run, parts: shown };
    write_atomically(
        &folder.join(format!("{run}{MANIFEST}")),
        to_ndjson(&[manifest]).as_bytes(),
    )
    .await?;

    // #step What older runs wrote goes
    for name in everything(&folder).await? {
        let found = parts.run_of(&name).unwrap_or(&run);
        if found < run.as_str() || name == format!(".{run}") {
            removed(&folder.join(name)).await?;
        }
    }
    Ok(())
}
// #endregion complete

const MANIFEST: &str = ".manifest.json";
/// What is being written, or whose writer died: see `write_atomically`.
const UNFINISHED: &str = ".tmp";
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\.?([A-Za-z0-9_-]+\.[0-9]{17}-[0-9a-f]{8})(?:\.|$)",
    )
    .expect("a pattern")
});

/// What a reader goes by.
#[derive(Serialize)]
struct Manifest<'a> {
    run: &'a str,
    parts: Vec<String>,
}

impl Parts<'_> {
    /// The run's name: it sorts by time.
    fn run(&self) -> String {
        let Self { pipeline_id, processed_at, run_id, .. } =
            self;
        let digits = |it: &char| it.is_ascii_digit();
        let time: String =
            processed_at.chars().filter(digits).collect();
        let id: String = run_id.chars().take(8).collect();
        format!("{pipeline_id}.{time:0<17}-{id}")
    }

    /// The run of this pipeline that a name in the folder belongs to; none for files of others.
    fn run_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let run = RUN.captures(name)?.get(1)?.as_str();
        let (pipeline_id, _) = run.split_once('.')?;
        (pipeline_id == self.pipeline_id).then_some(run)
    }
}

fn is_manifest(name: &str) -> bool {
    name.ends_with(MANIFEST)
}

/// The parts of a run that are in the folder, in order.
async fn shown_parts(
    folder: &Path,
    run: &str,
    count: usize,
) -> Result<Vec<String>> {
    let mut shown = listed(folder).await?;
    let begin = format!("{run}.");
    shown.retain(|name| {
        name.starts_with(&begin) && !is_manifest(name)
    });
    if shown.len() != count {
        return Err(unavailable(
            "folder does not hold all parts",
        ));
    }
    shown.sort();
    Ok(shown)
}

/// The names in a folder, but for what is unfinished.
async fn listed(folder: &Path) -> Result<Vec<String>> {
    let mut names = everything(folder).await?;
    names.retain(|name| !name.ends_with(UNFINISHED));
    Ok(names)
}

/// The names in a folder; none when there is no such folder.
async fn everything(folder: &Path) -> Result<Vec<String>> {
    names_in(folder)
        .await
        .or_else(unless_gone)
        .map_err(|_| unavailable("folder cannot be read"))
}

async fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// A second attempt may have been faster.
async fn moved(from: &Path, to: &Path) -> Result<()> {
    let moved = fs::rename(from, to).await;
    moved.or_else(unless_gone).map_err(not_written)
}

async fn removed(path: &Path) -> Result<()> {
    let removed = match fs::metadata(path).await {
        Ok(found) if found.is_dir() => {
            fs::remove_dir_all(path).await
        }
        _ => fs::remove_file(path).await,
    };
    removed.or_else(unless_gone).map_err(not_written)
}

fn not_written(_: io::Error) -> ApplicationFailure {
    unavailable("folder cannot be written")
}

#[cfg(test)]
mod tests {
    use std::{env, path::PathBuf};

    use url::Url;
    use uuid::Uuid;

    use super::{super::allowlist::tests::allow_files, *};

    const FIRST: &str = "2013-01-01T00:00:00.000Z";
    const SECOND: &str = "2013-01-02T00:00:00.000Z";
    const FIRST_RUN: &str = "january.20130101000000000-0000000a";
    const SECOND_RUN: &str =
        "january.20130102000000000-0000000b";

    /// A folder of the test's own.
    struct Folder {
        path: PathBuf,
        url: String,
    }

    impl Folder {
        fn new() -> Self {
            allow_files();
            let path = env::temp_dir()
                .join(format!("folder-{}", Uuid::new_v4()));
            let url = Url::from_file_path(&path).unwrap().into();
            Self { path, url }
        }

        fn first(&self) -> Parts<'_> {
            Parts {
                connection: &self.url,
                pipeline_id: "january",
                processed_at: FIRST,
                run_id: "0000000a-0000-4000-8000-000000000000",
            }
        }

        fn second(&self) -> Parts<'_> {
            Parts {
                processed_at: SECOND,
                run_id: "0000000b-0000-4000-8000-000000000000",
                ..self.first()
            }
        }

        async fn names(&self) -> Vec<String> {
            let mut names = names_in(&self.path).await.unwrap();
            names.sort();
            names
        }

        async fn read(&self, name: &str) -> String {
            fs::read_to_string(self.path.join(name))
                .await
                .unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }

    async fn written(parts: Parts<'_>, names: &[&str]) {
        for name in names {
            write_part(parts, name, name.as_bytes())
                .await
                .unwrap();
        }
    }

    async fn fault(parts: Parts<'_>, count: usize) -> String {
        let fault = complete_parts(parts, count).await;
        let fault = fault.unwrap_err();
        let kind = fault.type_name().unwrap_or_default();
        format!("{kind}: {fault}")
    }

    #[tokio::test]
    async fn it_holds_the_last_run() {
        let folder = Folder::new();
        let two = ["a.00001.ndjson", "a.00002.ndjson"];
        written(folder.first(), &two).await;
        assert_eq!(
            folder.names().await,
            [format!(".{FIRST_RUN}")]
        );
        complete_parts(folder.first(), 2).await.unwrap();
        assert_eq!(
            folder.names().await,
            [
                format!("{FIRST_RUN}.a.00001.ndjson"),
                format!("{FIRST_RUN}.a.00002.ndjson"),
                format!("{FIRST_RUN}.manifest.json"),
            ]
        );
        let manifest = format!("{FIRST_RUN}.manifest.json");
        assert_eq!(
            folder.read(&manifest).await,
            format!(
                "{{\"run\":\"{FIRST_RUN}\",\"parts\":[\"{FIRST_RUN}.a.00001.ndjson\",\"{FIRST_RUN}.a.00002.ndjson\"]}}\n"
            )
        );

        // What is not the pipeline's own is left alone.
        let others = [
            "notes.txt",
            "march.20120101000000000-00000000.a.00001.ndjson",
        ];
        for name in others {
            fs::write(folder.path.join(name), "").await.unwrap();
        }
        written(folder.second(), &two[..1]).await;
        complete_parts(folder.second(), 1).await.unwrap();
        assert_eq!(
            folder.names().await,
            [
                format!("{SECOND_RUN}.a.00001.ndjson"),
                format!("{SECOND_RUN}.manifest.json"),
                others[1].to_owned(),
                others[0].to_owned(),
            ]
        );
    }

    #[tokio::test]
    async fn an_older_run_is_too_late() {
        let folder = Folder::new();
        let one = ["a.00001.ndjson"];
        written(folder.second(), &one).await;
        complete_parts(folder.second(), 1).await.unwrap();
        written(folder.first(), &one).await;
        assert_eq!(
            fault(folder.first(), 1).await,
            "ValidationError: folder holds a newer run"
        );
        let shown = format!("{SECOND_RUN}.a.00001.ndjson");
        assert_eq!(folder.read(&shown).await, one[0]);
    }

    #[tokio::test]
    async fn a_part_that_is_missing_is_waited_for() {
        let folder = Folder::new();
        let missing =
            "Unavailable: folder does not hold all parts";
        assert_eq!(fault(folder.first(), 1).await, missing);
        written(folder.first(), &["a.00001.ndjson"]).await;
        assert_eq!(fault(folder.first(), 2).await, missing);

        // The first part is shown by now: it counts.
        written(folder.first(), &["a.00002.ndjson"]).await;
        complete_parts(folder.first(), 2).await.unwrap();
        complete_parts(folder.first(), 2).await.unwrap();
        assert_eq!(folder.names().await.len(), 3);
    }

    #[tokio::test]
    async fn what_a_dead_writer_left_is_no_part() {
        let folder = Folder::new();
        written(folder.first(), &["a.00001.ndjson"]).await;
        let hidden = folder.path.join(format!(".{FIRST_RUN}"));
        let torn = "a.00001.ndjson.0.tmp";
        fs::write(hidden.join(torn), "").await.unwrap();
        complete_parts(folder.first(), 1).await.unwrap();
        assert_eq!(folder.names().await.len(), 2);
    }
}
