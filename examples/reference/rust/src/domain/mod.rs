//! The rules of the data, which every pipeline shares.
pub mod flights;
