//! Published and fixed values, made again and verified.

use super::{BODY, Files, hookyard};

const SNAPPT: &str = r#"{"eventType":"REPORT_READY","apiKeyId":"11111111-2222-3333-4444-555555555555","webhookId":"w-1","applicantDetailId":"d-1","applicantId":"a-1","data":{"id":"r-1","result":"CLEAN","status":"COMPLETE"}}"#;
const SINGLEKEY: &str = r#"{"event":"screening.completed","timestamp":"2026-01-15T10:30:00Z","webhook_id":"wh_1","api_version":"v1","data":{"purchase_token":"0123456789abcdef0123456789abcdef","external_tenant_id":"t-1","external_customer_id":"c-1","singlekey_score":720}}"#;
const RENTVINE: &str = r#"{"event_type":"work_order.created","data":{"id":"wo-1"}}"#;

/// Scheme, secret, time, body, the value it must make.
const PUBLISHED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "standard",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "1700000000",
        BODY,
        "v1,JQ+BUQa2vfT+AbNi2xYc2vcHy2iiRjfEQbhudV/qWug=",
    ),
    (
        "svix",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "1700000000",
        BODY,
        "v1,JQ+BUQa2vfT+AbNi2xYc2vcHy2iiRjfEQbhudV/qWug=",
    ),
    (
        "stripe",
        "whsec_test_secret",
        "1700000000",
        BODY,
        "t=1700000000,v1=b5326e6ed5a0562c8f1609c013cfd06b7782c3ad8b32e493b70c462d19066acd",
    ),
    (
        "stripe",
        "whsec_test_secret",
        "1700000000",
        r#"{"id":"evt_1","object":"event"}"#,
        "t=1700000000,v1=0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd",
    ),
    (
        "github",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "github",
        "mysecret",
        "1700000000",
        r#"{"foo":"bar"}"#,
        "sha256=4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3",
    ),
    (
        "github",
        "It's a Secret to Everybody",
        "1700000000",
        "Hello, World!",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    (
        "slack",
        "secret",
        "1700000000",
        BODY,
        "v0=7ba0d1246ccc185b6fcf9d7477b49abc8e41686b2b880686d0f5d253d2a74609",
    ),
    ("shopify", "secret", "1700000000", BODY, "pD7sy23i1muSrcHDSLvgdQn/TJxr8r3FbRN3o8h3Hjs="),
    ("docusign", "secret", "1700000000", BODY, "pD7sy23i1muSrcHDSLvgdQn/TJxr8r3FbRN3o8h3Hjs="),
    (
        "checkr",
        "test_api_key",
        "1700000000",
        BODY,
        "8de2aa43dbbfcea77850acc7365b3fd4d1cce7c1f122d1e4f4aab64aadb01f16",
    ),
    (
        "truv",
        "access_secret",
        "1700000000",
        BODY,
        "v1=7c8ebd5ed54bd42b993af3664a80a8d0a4ad56e6c2b953c152547dceeea8e0af",
    ),
    (
        "persona",
        "wbhsec_test",
        "1700000000",
        BODY,
        "t=1700000000,v1=b7f6524ef2f9dd69d6ffe0e23c2558ce03b4e7fdfe78124b51917c453ba0d702",
    ),
    (
        "snappt",
        "whsec_hookyard_test",
        "1700000000",
        BODY,
        "t=1700000000,v1=VBvNiEXKMKAmwQwUee9QC-tY-DYb5cCkQQb7hPSuOWI",
    ),
    (
        "snappt-v1",
        "11111111-2222-4333-8444-555555555555",
        "1700000000005",
        BODY,
        "t=1700000000005,v1=822XTdOpDUC6-4p_ILouCz8Xb06t_-KQldRCEPKcCdE",
    ),
    (
        "snappt-v2",
        "whsec_hookyard_test",
        "1700000000000",
        BODY,
        "t=1700000000000,v2=oUC6LOOQrbsfLme2H_duMM6cWVw4AVG86SCT0VclNJg",
    ),
    (
        "singlekey",
        "secret",
        "1700000000",
        BODY,
        "a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "singlekey-ts-body",
        "secret",
        "1700000000",
        BODY,
        "1179101938f9607540c78f810b3b9610ac4b608f4e5e5100df413e37854c0687",
    ),
    (
        "singlekey-prefixed",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine",
        "secret",
        "1700000000",
        BODY,
        "sha256=a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine-hex",
        "secret",
        "1700000000",
        BODY,
        "a43eeccb6de2d66b92adc1c348bbe07509ff4c9c6bf2bdc56d1377a3c8771e3b",
    ),
    (
        "rentvine-ts-body",
        "secret",
        "1700000000",
        BODY,
        "sha256=1179101938f9607540c78f810b3b9610ac4b608f4e5e5100df413e37854c0687",
    ),
    ("rentvine-ts-base64", "secret", "1700000000", BODY, "iIk9/t+DRC8PLwCxx8zgFRrrgJV/Fajqz35Ad333NLY="),
    (
        "snappt",
        "11111111-2222-3333-4444-555555555555",
        "1642248600",
        SNAPPT,
        "t=1642248600,v1=HrBnSQwdAzs6iDB8VRPGu7Gf5hN2yjBMifB7vFLxjPo",
    ),
    (
        "snappt",
        "whsec_test_0123456789abcdef",
        "1642248600",
        SNAPPT,
        "t=1642248600,v1=Kt43Acw8-RNc0_hi327W5Tf5DBQroAXKyCygZtMFaU0",
    ),
    (
        "snappt-v2",
        "whsec_test_0123456789abcdef",
        "1642248600000",
        SNAPPT,
        "t=1642248600000,v2=ViQRPNOm6rSWIOfT2-EHCZCgRAVZRQ8dzKOUPcuXqOM",
    ),
    (
        "singlekey",
        "sk_test_secret",
        "1642248600",
        SINGLEKEY,
        "7c7d451450d29980db541fd71fdcf360bd73c0d47a1a914fe88188944076ae98",
    ),
    (
        "rentvine",
        "rv_test_secret",
        "1642248600",
        RENTVINE,
        "sha256=f77a43250dd49c4444c3eabd8a1e3b785e89055210a358d98e7d8115c8c17a20",
    ),
    (
        "rentvine-ts-body",
        "rv_test_secret",
        "1642248600",
        RENTVINE,
        "sha256=1286fd576252d08b85c54041e7f69d448e656132929296c698d1bf0fbc0be1f8",
    ),
];

#[test]
fn published_and_fixed_values_are_made_again_and_verified() {
    let files = Files::new();
    for (at, (scheme, secret, time, body, value)) in PUBLISHED.iter().enumerate() {
        let path = files.write(&format!("body-{at}"), body);
        let secret = files.write(&format!("secret-{at}"), format!("{secret}\n"));
        let run = |format: &str| {
            hookyard(&["webhook", "sign", "--scheme", scheme, "--secret-file", &secret, "--timestamp", time])
                .arg("--id")
                .arg("evt_1")
                .arg("--format")
                .arg(format)
                .arg(&path)
                .run()
                .succeeds()
                .stdout
        };
        assert_eq!(run("value"), format!("{value}\n"), "{scheme}");
        let headers = files.write(&format!("headers-{at}"), run("headers"));
        let verified = hookyard(&[
            "webhook",
            "verify",
            "--scheme",
            scheme,
            "--secret-file",
            &secret,
            "--now",
            &time[..10],
        ])
        .arg("--headers")
        .arg(&headers)
        .arg(&path)
        .run()
        .succeeds();
        assert!(verified.stdout.starts_with(&format!("valid: {scheme}\n")), "{verified}");
    }
}
