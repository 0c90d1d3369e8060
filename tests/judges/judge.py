"""The official libraries as judges of hookyard's signatures, and as signers whose work hookyard must accept.

Reads a JSON list of tasks from standard input, answers with a JSON list: for `verify` true or false, for `sign` the
headers. Bodies are text, since two of the libraries take nothing else.
"""

import datetime
import json
import sys

import slack_sdk.signature
import standardwebhooks
import stripe
import svix.webhooks


def verify(task):
    library, secret, body = task["library"], task["secret"], task["body"]
    headers = {name.lower(): value for name, value in dict(task["headers"]).items()}
    try:
        if library == "standard":
            standardwebhooks.Webhook(secret).verify(body, headers)
        elif library == "svix":
            svix.webhooks.Webhook(secret).verify(body, headers)
        elif library == "stripe":
            return bool(stripe.WebhookSignature.verify_header(body, headers["stripe-signature"], secret, tolerance=300))
        elif library == "slack":
            return slack_sdk.signature.SignatureVerifier(secret).is_valid_request(body, headers)
        return True
    except (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError):
        return False
    except stripe.SignatureVerificationError:
        return False


def sign(task):
    library, secret, body, stamp = task["library"], task["secret"], task["body"], task["timestamp"]
    at = datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc)
    if library == "standard":
        value = standardwebhooks.Webhook(secret).sign("msg_1", at, body)
        return [["webhook-id", "msg_1"], ["webhook-timestamp", str(stamp)], ["webhook-signature", value]]
    if library == "svix":
        value = svix.webhooks.Webhook(secret).sign("msg_1", at, body)
        return [["svix-id", "msg_1"], ["svix-timestamp", str(stamp)], ["svix-signature", value]]
    if library == "stripe":
        value = stripe.WebhookSignature._compute_signature(f"{stamp}.{body}", secret)
        return [["stripe-signature", f"t={stamp},v1={value}"]]
    value = slack_sdk.signature.SignatureVerifier(secret).generate_signature(timestamp=str(stamp), body=body)
    return [["x-slack-request-timestamp", str(stamp)], ["x-slack-signature", value]]


DO = {"verify": verify, "sign": sign}
json.dump([DO[task["do"]](task) for task in json.load(sys.stdin)], sys.stdout)
