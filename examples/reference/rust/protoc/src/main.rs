//! Prints the path of the vendored `protoc`: `PROTOC=$(cargo run -q -p protoc) cargo build`.
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let protoc = protoc_bin_vendored::protoc_bin_path()?;
    allow_running(&protoc)?;
    println!("{}", protoc.display());
    Ok(())
}

/// Some unpackers of crates drop the permission to run.
#[cfg(unix)]
fn allow_running(
    program: &std::path::Path,
) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = program.metadata()?.permissions();
    if permissions.mode() & 0o111 == 0 {
        permissions.set_mode(permissions.mode() | 0o755);
        std::fs::set_permissions(program, permissions)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn allow_running(_: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}
