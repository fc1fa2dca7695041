//! The worker, with counters of coverage: on SIGIO it writes what it has counted since the last time into the
//! file that LLVM_PROFILE_FILE names, counts anew, and prints COVERED. It writes at its exit too.
//!
//! LLVM appends to a file that is there: whoever asks takes the file away before asking again.
use std::{io, process::ExitCode, thread};

use durable_pipelines::worker;
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};

// LLVM's own, in every program that is compiled with `-C instrument-coverage`.
unsafe extern "C" {
    safe fn __llvm_profile_write_file() -> i32;
    safe fn __llvm_profile_reset_counters();
}

fn main() -> io::Result<ExitCode> {
    // A thread of its own answers while the worker is at work.
    let listening = runtime::Builder::new_current_thread().enable_io().build()?;
    let asked = {
        let _here = listening.enter();
        signal(SignalKind::io())?
    };
    thread::spawn(move || listening.block_on(hand_out(asked)));
    runtime::Runtime::new().map(|working| working.block_on(worker::run()))
}

/// Hands out what was counted, each time it is asked for.
async fn hand_out(mut asked: Signal) {
    while asked.recv().await.is_some() {
        if __llvm_profile_write_file() != 0 {
            eprintln!("worker: the counters of coverage could not be written");
            continue;
        }
        __llvm_profile_reset_counters();
        println!("COVERED");
    }
}
