#!/bin/sh
# Cargo calls it in the place of rustc for our own crates: clippy reads them, and nothing of them is compiled.
for arg do
  shift
  case $arg in
    --emit=*) arg=--emit=dep-info,metadata ;;
    durable_pipelines=*.rlib) arg=${arg%.rlib}.rmeta ;;
  esac
  set -- "$@" "$arg"
done
exec clippy-driver "$@"
