//! stub
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub allow: Vec<ipnet::IpNet>,
    pub allow_http: bool,
}
