//! The test that comes before a rotation's commit: one marked event, signed with the secret that is to come and with
//! those in force.

use std::rc::Rc;

use super::super::test_event;
use super::store::Target;
use crate::context::Context;
use crate::failure::Failure;
use crate::http::Reply;

/// The status of an endpoint that accepts; everything else is a failure, after which nothing may have changed.
pub async fn send(context: &Context, target: &Target, keys: &[Rc<[u8]>]) -> Result<u16, Failure> {
    let request = test_event::for_endpoint(context, target.webhook_id, &target.endpoint, keys, target.now)
        .map_err(|why| Failure::blocked(why).context("the test event cannot be sent"))?;
    let untouched = "nothing is changed";
    match context.http()?.send(request).await {
        Reply::Answered(answer) if (200..300).contains(&answer.status) => Ok(answer.status),
        Reply::Answered(answer) => {
            Err(Failure::no(format!("the endpoint refused the test event: {}", answer.status))
                .context(untouched))
        }
        Reply::None(none) => Err(Failure::later(format!(
            "the test event got no answer: {}: {}",
            none.kind.word(),
            none.detail
        ))
        .context(untouched)),
    }
}
