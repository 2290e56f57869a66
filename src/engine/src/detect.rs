//! One sequential test per surface.
