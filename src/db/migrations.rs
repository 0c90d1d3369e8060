//! stub
pub struct Migration;
pub struct Runner;
