//! What an answer may look like, and what is made of it.
