//! `coverage <worker> <folder>…` prints, for each folder of `.profraw` files, a line of JSON:
//! `{"<source file>": [[line, column, last line, last column, count], …], …}`.
//! A folder without counters, of a worker that was killed, gives `{}`.
use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use llvm_profparser::{CoverageMapping, merge_profiles};

type Parts = BTreeMap<String, Vec<[usize; 5]>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let worker = args.next().ok_or("name the worker")?;
    for folder in args {
        let parts = executed(&worker, &folder)?;
        println!("{}", serde_json::to_string(&parts)?);
    }
    Ok(())
}

fn executed(worker: &Path, folder: &Path) -> Result<Parts, Box<dyn Error>> {
    let mut counters = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A killed worker leaves an empty file.
        if path.extension().is_some_and(|it| it == "profraw") && path.metadata()?.len() > 0 {
            counters.push(path);
        }
    }
    if counters.is_empty() {
        return Ok(Parts::new());
    }
    let profile = merge_profiles(&counters)?;
    let workers = [worker.to_owned()];
    let report = CoverageMapping::new(&workers, &profile, false)?.generate_report()?;
    let parts = report.files.into_iter().map(|(path, found)| {
        let hits = found
            .hits
            .into_iter()
            .map(|(at, count)| [at.line_start, at.column_start, at.line_end, at.column_end, count]);
        (path.display().to_string(), hits.collect())
    });
    Ok(parts.collect())
}
