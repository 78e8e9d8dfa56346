//! A message as a tree of byte ranges.
