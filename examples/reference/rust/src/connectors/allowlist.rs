//! What callers may reach through this worker: lists in its environment, which its operator alone writes.
//!
//! `PIPELINE_HOSTS`: hosts, each with a port or for any, as in `db.example.com:5432,api.example.com`.
//! `PIPELINE_VARIABLES`: the hosts that may see a variable, as in `PG_PASSWORD=db.example.com:5432,TOKEN=api.example.com`.
//! `PIPELINE_ROOTS`: folders, written as in `PATH`, below which files may be read and written.
//! A list that is not set is empty; `*` is any host.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

use temporalio_sdk::ApplicationFailure;

use super::failures::{Result, invalid_input};

/// Whom a connection leads to; an IPv6 address is in its brackets, names are in lower case.
#[derive(Clone, Copy)]
pub struct Peer<'a> {
    pub host: &'a str,
    pub port: u16,
}

/// What a path is to lead to.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    File,
    /// To read and write within.
    Folder,
}

/// The value of an environment variable that callers may name. Fails with `InvalidInput` that names it.
// #region variable
pub fn variable(name: &str) -> Result<String> {
    // #step A name that is not listed stands for nothing
    if !pairs().iter().any(|(listed, _)| listed == name) {
        let why = "is not in PIPELINE_VARIABLES";
        return Err(no_variable(name, why));
    }
    env::var(name).map_err(|_| no_variable(name, "is not set"))
}
// #endregion variable

fn no_variable(name: &str, why: &str) -> ApplicationFailure {
    invalid_input(format!("environment variable {name} {why}"))
}

/// Fails with `InvalidInput` where somebody may not see one of the variables; without a peer, nobody is known.
pub fn check_variables(
    names: &[String],
    peer: Option<Peer<'_>>,
) -> Result<()> {
    let pairs = pairs();
    for name in names {
        let seen = pairs
            .iter()
            .filter(|(listed, _)| listed == name)
            .any(|(_, host)| is_meant(host, peer));
        if !seen {
            let why = "may not go there: see PIPELINE_VARIABLES";
            return Err(no_variable(name, why));
        }
    }
    Ok(())
}

/// Fails with `InvalidInput` where the worker may not talk to a host.
pub fn check_host(peer: Peer<'_>) -> Result<()> {
    let listed = list_of("PIPELINE_HOSTS");
    if listed.iter().any(|one| is_meant(one, Some(peer))) {
        return Ok(());
    }
    Err(invalid_input("host is not in PIPELINE_HOSTS"))
}

/// Fails with `InvalidInput` where a path leads out of the roots, links followed. A file is below one of them; a
/// folder may be one.
// #region path
pub fn check_path(path: &Path, place: Place) -> Result<()> {
    // #step Where it leads, whatever links are on the way
    let mut inner = real_of(path);
    if let Some(real) = &mut inner
        && place == Place::File
    {
        real.pop();
    }

    // #step Below a folder that the operator has named
    let roots =
        env::var_os("PIPELINE_ROOTS").unwrap_or_default();
    let inside = inner.is_some_and(|inner| {
        env::split_paths(&roots)
            .filter_map(|root| real_of(&root))
            .any(|root| inner.starts_with(root))
    });
    if !inside {
        return Err(invalid_input(
            "path is not under PIPELINE_ROOTS",
        ));
    }
    Ok(())
}
// #endregion path

/// What stands in a list; what is no text in it is no host's name either.
fn list_of(name: &str) -> Vec<String> {
    let list = env::var_os(name).unwrap_or_default();
    list.to_string_lossy()
        .split(|it: char| it == ',' || it.is_whitespace())
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Names, and a host that may see each: a name may be there more than once.
fn pairs() -> Vec<(String, String)> {
    let pairs = list_of("PIPELINE_VARIABLES").into_iter();
    pairs
        .map(|pair| {
            let (name, host) =
                pair.split_once('=').unwrap_or((&pair, ""));
            (name.to_owned(), host.to_owned())
        })
        .collect()
}

/// Whether an entry of a list is for a peer.
fn is_meant(entry: &str, peer: Option<Peer<'_>>) -> bool {
    let entry = entry.to_lowercase();
    entry == "*"
        || peer.is_some_and(|Peer { host, port }| {
            entry == host || entry == format!("{host}:{port}")
        })
}

/// A path without links; what is not there yet is where its folder is. None for a link that leads nowhere.
fn real_of(path: &Path) -> Option<PathBuf> {
    if let Ok(real) = fs::canonicalize(path) {
        return Some(real);
    }
    let (folder, name) = (path.parent()?, path.file_name()?);
    // Put together anew: with a slash behind it, a link would be followed.
    if folder.join(name).is_symlink() {
        return None;
    }
    Some(real_of(folder)?.join(name))
}

#[cfg(test)]
pub mod tests {
    use std::{os::unix::fs::symlink, sync::Once};

    use uuid::Uuid;

    use super::*;

    /// Lets the tests of this process go to all files.
    pub fn allow_files() {
        static ONCE: Once = Once::new();
        // SAFETY: no test of this crate reads the environment but through `std`.
        ONCE.call_once(|| unsafe {
            env::set_var("PIPELINE_ROOTS", "/");
        });
    }

    #[test]
    fn an_entry_is_for_a_host_and_a_port_or_any() {
        let peer = |host| Some(Peer { host, port: 80 });
        for (entry, host) in [
            ("*", "h"),
            ("H", "h"),
            ("h:80", "h"),
            ("[::1]", "[::1]"),
            ("[::1]:80", "[::1]"),
        ] {
            assert!(is_meant(entry, peer(host)), "{entry}");
        }
        for entry in ["", "h:8", "h:080", "*:80", "i", ".h"] {
            assert!(!is_meant(entry, peer("h")), "{entry}");
        }
        assert!(is_meant("*", None));
        assert!(!is_meant("", None));
    }

    #[test]
    fn links_are_followed_and_new_files_are_in_their_folder() {
        let own = format!("real-{}", Uuid::new_v4());
        let folder = env::temp_dir().join(own);
        fs::create_dir_all(folder.join("a")).unwrap();
        let folder = fs::canonicalize(folder).unwrap();
        symlink("a", folder.join("link")).unwrap();
        symlink("none", folder.join("dead")).unwrap();
        let real = |path| real_of(&folder.join(path));
        for (path, found) in [
            ("a", "a"),
            ("link", "a"),
            ("link/", "a"),
            ("link/new/file", "a/new/file"),
            ("new/", "new"),
        ] {
            assert_eq!(real(path), Some(folder.join(found)));
        }
        for path in ["dead", "dead/", "dead/new"] {
            assert_eq!(real(path), None, "{path}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
