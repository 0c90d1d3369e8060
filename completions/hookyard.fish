# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hookyard_global_optspecs
    string join \n database= config= allow-egress= allow-http json q/quiet v/verbose log-format= h/help V/version
end

function __fish_hookyard_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hookyard_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hookyard_using_subcommand
    set -l cmd (__fish_hookyard_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hookyard -n "__fish_hookyard_needs_command" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_needs_command" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_needs_command" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_needs_command" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_needs_command" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_needs_command" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_needs_command" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_needs_command" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_needs_command" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_needs_command" -s V -l version -d 'Print version'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "webhook" -d 'Deliver events to customers\' endpoints'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "report" -d 'Say whether the integration layer is well'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "yardi" -d 'Import prospects from Yardi and write results back'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "database" -d 'Prepare and inspect the database'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "config" -d 'Show the settings in force and where each comes from'
complete -c hookyard -n "__fish_hookyard_needs_command" -f -a "demo" -d 'Show the main job on real parts: a local database, a receiver, one event to three endpoints'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "send" -d 'Enqueue an event, attempt it at once and wait for the first outcome'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "retry" -d 'Attempt every delivery that is due'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "endpoints" -d 'Show endpoints: state, subscriptions, retry policy, last success and failure, backlog, breaker, alerts'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "list" -d 'List deliveries, newest first'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "show" -d 'Show the timeline of an event, a delivery, an attempt or an entry'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "replay" -d 'Deliver again what never arrived: plan it, then run the plan'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "tail" -d 'Show attempts as they happen, one line each'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "secret" -d 'Signing secrets of endpoints: add, rotate, list, retire, rekey'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "schemes" -d 'List the signature schemes, each with an example'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "sign" -d 'Sign a body, byte for byte, as a sender of the scheme would'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "verify" -d 'Verify a request\'s signature and say what it covers; if it is wrong, say why'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "check" -d 'Check a payload\'s shape: missing, mistyped, unknown fields by their path, values, and which event it is'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "trigger" -d 'Send a sample of a provider\'s event, correctly signed, and judge the answer; without an event, list them'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and not __fish_seen_subcommand_from send retry endpoints list show replay tail secret schemes sign verify check trigger doctor" -f -a "doctor" -d 'Examine an endpoint, or a URL, step by step: what each step proves, and what to do where it fails'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l entry -d 'The entry it is about: id or short id' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l payload -d 'The payload: any JSON, sent byte for byte; `-` reads stdin' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l api-key -d 'Deliver to the subscribers of this api key' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l webhook -d 'Deliver to this webhook, whatever it subscribes to; repeatable' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l event-id -d 'Name the event; the same id again is the same event' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l concurrency -d 'Requests at once [default: 64]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l per-endpoint -d 'Requests at once to one endpoint, per process [default: 10]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l in-flight -d 'Requests sent and not yet recorded: what a crash can repeat, at most [default: 512]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l lease -d 'How long a claimed delivery stays ours without renewal [default: 30s]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l policy -d 'Retry policy of endpoints that name none [default: integration-layer]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l again -d 'Make a new event although the same one is there already'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l wait -d 'Wait for the last outcome instead of the first'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l enqueue -d 'Only enqueue; `webhook retry` attempts it'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l dry-run -d 'Show payload, endpoints and headers; enqueue and send nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l show-pii -d 'Show personal data in the payload'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l concurrency -d 'Requests at once [default: 64]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l per-endpoint -d 'Requests at once to one endpoint, per process [default: 10]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l in-flight -d 'Requests sent and not yet recorded: what a crash can repeat, at most [default: 512]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l lease -d 'How long a claimed delivery stays ours without renewal [default: 30s]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l policy -d 'Retry policy of endpoints that name none [default: integration-layer]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l limit -d 'Attempt at most this many deliveries' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l max-runtime -d 'Stop claiming after this long; requests on the wire then have 4 s' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l watch -d 'Stay, and attempt what becomes due'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l set-policy -d 'Give the endpoint this retry policy; `default` takes its own away' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l limit -d 'Show at most this many' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l dry-run -d 'Say what would change, and change nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from endpoints" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l state -d 'Only deliveries in this state' -r -f -a "pending\t''
delivered\t''
dead\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l event -d 'Only events of this type' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l endpoint -d 'Only deliveries to this webhook' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l status -d 'Only deliveries whose last answer had this HTTP status' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l since -d 'Only deliveries made since: 24h, yesterday, 2026-11-02, or RFC 3339 (UTC)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l until -d 'Only deliveries made before' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l limit -d 'List at most this many' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l after -d 'Go on after this delivery, the last of the page before' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l dead -d 'Only dead deliveries'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l due -d 'Only deliveries whose next attempt is due'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l others -d 'List attempts that another application made, among the newest 5000 of each webhook, instead of deliveries'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l csv -d 'Answer in CSV'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l show-pii -d 'Show personal data in payload and answers; this is recorded'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l apply -d 'Run exactly this plan' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l since -d 'Only what happened since: 24h, yesterday, 2026-11-02, or RFC 3339 (UTC)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l until -d 'Only what happened before' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l endpoint -d 'Only to this webhook' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l api-key -d 'Only to webhooks of this api key' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l event -d 'Only events of this type' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l status -d 'Only what was last answered with this HTTP status' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l max -d 'Choose at most so many, the oldest' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l canary -d 'Send so many to each endpoint first; one whose canaries fail stops' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l to -d 'Send to this URL instead, signed with a secret of its own and marked as sandbox; nothing counts as delivered' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l rate -d 'Send at most so many a second, over all processes that run the plan' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l reason -d 'Why; kept with operator, host, command and time' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l concurrency -d 'Requests at once [default: 64]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l per-endpoint -d 'Requests at once to one endpoint, per process [default: 10]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l in-flight -d 'Requests sent and not yet recorded: what a crash can repeat, at most [default: 512]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l lease -d 'How long a claimed delivery stays ours without renewal [default: 30s]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l policy -d 'Retry policy of endpoints that name none [default: integration-layer]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l secret-env -d 'Take a secret from this environment variable (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l secret-file -d 'Take a secret from this file, `-` for standard input (repeatable)' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l secret-fd -d 'Take a secret from this open file descriptor (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l yes -d 'Plan and run at once'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l dry-run -d 'Print the plan and store nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l all -d 'Choose everything that never arrived'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l dead -d 'Only deliveries that are dead'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l include-delivered -d 'Also what has arrived already'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l skipped -d 'Also events of a time when an endpoint was off or not yet subscribed'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -a "list" -d 'List plans, newest first'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -a "status" -d 'Show how far a plan has come'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -a "pause" -d 'Stop sending what a plan has not yet sent; resume goes on'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -a "resume" -d 'Go on with a plan, on this host or another'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from replay" -a "cancel" -d 'End a plan; what it has not sent stays as it was'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l since -d 'Begin in the past: 1h, yesterday, 2026-11-02, or RFC 3339 (UTC)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l endpoint -d 'Only attempts at this webhook' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l event -d 'Only attempts of events of this type' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l status -d 'Only attempts that were answered with this HTTP status' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l failed -d 'Only attempts that were not accepted'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -f -a "add" -d 'Give an endpoint a signing secret: its deliveries carry webhook-signature from then on'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -f -a "rotate" -d 'Replace an endpoint\'s secrets: the new one signs at once, the old ones beside it until their grace ends'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -f -a "list" -d 'List signing secrets: since when, until when, by whom; never the secret itself'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -f -a "retire" -d 'Stop signing with a secret at once, and forget it'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from secret" -f -a "rekey" -d 'Encrypt every stored secret anew under the first of `[[keys]]`, so that an older key may go'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from schemes" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l scheme -d 'The scheme: `hookyard webhook schemes` lists them' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l timestamp -d 'The time that is signed, as the request will state it; now, if left out' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l id -d 'The id that is signed, for schemes that have one; a fresh one, if left out' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l format -d 'What to print' -r -f -a "headers\t'`Name: value` lines'
json\t'One JSON document'
curl\t'A command that sends the request'
value\t'The signature alone'"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l url -d 'The URL that will be called: signed by some schemes, shown by `--format curl`' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l header -d 'A further header that is signed, `Name: value`, for schemes that sign some (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l secret-env -d 'Take a secret from this environment variable (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l secret-file -d 'Take a secret from this file, `-` for standard input (repeatable)' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l secret-fd -d 'Take a secret from this open file descriptor (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l scheme -d 'The scheme (`hookyard webhook schemes`), or `auto`: the one default scheme whose header is there' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l header -d 'A header of the request, `Name: value` (repeatable, repeats kept)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l headers -d 'A file of headers, one `Name: value` a line' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l request -d 'A file with the whole request: raw HTTP, a HAR entry, or a curl command as a browser copies it' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l now -d 'Judge the time by this moment, in Unix seconds, not by the clock' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l tolerance -d 'Seconds that the request\'s time may be off, both ways; exactly so many are refused' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l url -d 'The URL as the sender called it, for schemes that sign it' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l jwks -d 'A file with the public keys (JWKS), for schemes with a JWT; without it `plaid` fetches them, and keeps them' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l secret-env -d 'Take a secret from this environment variable (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l secret-file -d 'Take a secret from this file, `-` for standard input (repeatable)' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l secret-fd -d 'Take a secret from this open file descriptor (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l ignore-timestamp -d 'Do not judge the time at all'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l explain -d 'Look for what would have matched, and tell all of it'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l request -d 'A file with the whole request instead: raw HTTP, a HAR entry, or a curl command as a browser copies it' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l event -d 'Require that it is this event' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l strict -d 'Count fields that are not documented as errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l to -d 'Where it goes: a URL, or `resident-verify:document_verification` for an address below the provider\'s base' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l base -d 'The base of named addresses, instead of the one below `[targets]` in `hookyard.toml`' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l set -d 'Give a field this value: JSON where it can be read as such, else text (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l set-new -d 'The same for a field that the event does not have (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l unset -d 'Leave this field out (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l tamper -d 'Break the request in one way, and say how a receiver should refuse it' -r -f -a "body\t'A field is added after signing'
whitespace\t'A newline is added after signing'
signature\t'The signature is another one of the same length'
malformed\t'The signature is no signature at all'
missing-header\t'The signature is left out'
duplicate-header\t'The signature\'s header is there twice'
timestamp-old\t'Signed too long ago'
timestamp-future\t'Signed too far in the future'
timestamp-changed\t'The time is changed after signing'
timestamp-missing\t'The time is left out'
secret\t'Signed with another secret'"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l scheme -d 'Sign by this scheme instead of the provider\'s own (`hookyard webhook schemes`)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l secret-env -d 'Take a secret from this environment variable (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l secret-file -d 'Take a secret from this file, `-` for standard input (repeatable)' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l secret-fd -d 'Take a secret from this open file descriptor (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l expect-status -d 'The answer\'s status: `200`, `2xx`; several with commas' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l expect-body -d 'Text that the answer holds, or `$.path=value` for a value of its JSON' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l max-time -d 'The longest the answer may take, such as 5s' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l list -d 'List providers and events'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l dry-run -d 'Print the request instead of sending it'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from trigger" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l secret-env -d 'Take a secret from this environment variable (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l secret-file -d 'Take a secret from this file, `-` for standard input (repeatable)' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l secret-fd -d 'Take a secret from this open file descriptor (repeatable)' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l send-test -d 'Send one request that is marked as a test; it never counts as a delivery'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand webhook; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and not __fish_seen_subcommand_from health" -f -a "health" -d 'Say whether webhooks go out, Yardi comes in, and hookyard itself runs'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l window -d 'Count the endpoints\' attempts over this long, from 24h to 31d' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l warn -d 'Degraded beyond these limits, such as success=98,due=500; `name=off` for none' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l fail-on -d 'Failing beyond these limits' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l html -d 'Also write the report as one page that needs no network' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l output -d 'Write it to this file at one stroke, for the textfile collector; without a database it says so' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l every -d 'How long to wait between two looks' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l live -d 'Count every attempt anew, also in hours that `webhook retry` has counted'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l show-pii -d 'Show answers in full, personal data included'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l nagios -d 'One line of at most 80 characters, and exit codes as Nagios means them'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l prometheus -d 'Prometheus\' text format'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l csv -d 'One row for each endpoint'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l markdown -d 'For an incident\'s channel'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l watch -d 'Look again and again, and draw over the last look'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand report; and __fish_seen_subcommand_from health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -f -a "check" -d 'Ask Yardi everything that polling needs, and say what each answer proves'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -f -a "list" -d 'Show integrations and properties: active, due, overdue, never polled, last error, circuit open, mails in trouble'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -f -a "poll" -d 'Import new prospects of every property that is due'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -f -a "submit" -d 'Write results of completed entries back to Yardi'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and not __fish_seen_subcommand_from check list poll submit password" -f -a "password" -d 'Show, rotate and replace the stored passwords of integrations'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l property -d 'Only this property, by Yardi\'s code' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l password-env -d 'Try the password in this environment variable instead of the stored one; the circuit stays as it is' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l integration -d 'Only this integration: its short id or its id' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l integration -d 'Only this integration: its short id or its id' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l property -d 'Only this property: Yardi\'s code, its short id or its id' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l since -d 'Ask for everything since this time, in UTC, or this long ago' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l concurrency -d 'Integrations asked side by side [default: 4]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l force -d 'Poll what is not yet due as well'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l dry-run -d 'Say what would be asked, and ask and change nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from poll" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l entry -d 'Only this entry, by its id or short id; also one that was refused before' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l integration -d 'Only this integration: its short id or its id' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l concurrency -d 'Integrations written to side by side [default: 4]' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l dry-run -d 'Say what would be written, and write and change nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from submit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -f -a "status" -d 'Show under which key each password is stored, and whether it can be read'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -f -a "rotate" -d 'Move every stored password to the first of the configured keys'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -f -a "rekey" -d 'Move every stored password to the first of the configured keys'
complete -c hookyard -n "__fish_hookyard_using_subcommand yardi; and __fish_seen_subcommand_from password" -f -a "set" -d 'Replace an integration\'s password by another one that was seen to work'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -f -a "migrate" -d 'Make or update hookyard\'s schema'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -f -a "prune" -d 'Remove what is old, and erase old payloads'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -f -a "status" -d 'Show whether the database is fit, and what to type where it is not'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and not __fish_seen_subcommand_from migrate prune status stop" -f -a "stop" -d 'Stop the local database\'s server'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l dry-run -d 'Print the SQL that would run, and change nothing'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l with-indexes -d 'Also build the documented indexes, and one by time, that are missing or invalid, without stopping writers'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l older-than -d 'Remove what ended longer ago: 90d, 12w; at least 7d, since a repeated event is known by what is kept' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l erase-payloads-older-than -d 'Erase payloads and answers of what ended longer ago; at least 1d' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l max-runtime -d 'Stop after this long; the next run goes on' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l include-host -d 'Also rows of webhook_delivery_attempts that another application wrote'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l yes -d 'Do it'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l dry-run -d 'Count, change nothing, and exit 0'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l force -d 'Stop it although other commands use it now'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand database; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand config" -s h -l help -d 'Print help'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l database -d 'Use this database: `embedded`, the name of a `databases` section, or a URL without a password' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l config -d 'Read this configuration file' -r -F
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l allow-egress -d 'Let this address range be dialled although it is not public' -r
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l log-format -d 'How log lines are written' -r -f -a "text\t''
json\t''"
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l yes -d 'Fetch PostgreSQL\'s binaries with the system\'s package manager where none are found'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l yardi -d 'Show Yardi instead: prospects in, an entry completed, its result on the guest card, nothing twice'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l history -d 'Also make up a month of deliveries and Yardi polls, for reports to have something to show'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l allow-http -d 'Let endpoints be plain http'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -l json -d 'Answer in JSON: one document, or one line per item'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -s q -l quiet -d 'Say nothing but the answer and errors'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -s v -l verbose -d 'Tell more on stderr; twice for more still'
complete -c hookyard -n "__fish_hookyard_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
