"""What many people write first: take one row, send it, record it, commit. Called as: loop.py DATABASE_URL SECONDS"""

import json
import sys
import time
import uuid

import psycopg
import requests

database, ends = psycopg.connect(sys.argv[1]), time.monotonic() + float(sys.argv[2])
web = requests.Session()
while time.monotonic() < ends:
    with database.transaction():
        row = database.execute(
            """select d.id, d.webhook_id, d.attempts, v.id, v.payload, w.url
               from hookyard.deliveries d join hookyard.events v on v.id = d.event_id
               join webhooks w on w.id = d.webhook_id
               where d.state = 'pending' and d.next_attempt_at <= now()
               limit 1 for update of d skip locked"""
        ).fetchone()
        if row is None:
            break
        delivery, webhook, attempts, event, payload, url = row
        begun = time.time()
        answer = web.post(
            url,
            data=payload,
            headers={"content-type": "application/json", "webhook-id": str(event)},
            timeout=30,
        )
        taken = int((time.time() - begun) * 1e6)
        attempt = uuid.uuid4()
        database.execute(
            """insert into hookyard.attempts
                 (id, outcome, delivery_id, webhook_id, number, started_at, duration_us, status)
               values (%s, 'accepted', %s, %s, %s, now(), %s, %s)""",
            (attempt, delivery, webhook, attempts + 1, taken, answer.status_code),
        )
        database.execute(
            """insert into webhook_delivery_attempts (id, webhook_id, payload, response_data, response_status)
               values (%s, %s, %s, %s, %s)""",
            (attempt, webhook, payload, json.dumps(answer.json()), answer.status_code),
        )
        database.execute(
            """update hookyard.deliveries set state = 'delivered', attempts = attempts + 1, finished_at = now(),
                 next_attempt_at = null, last_status = %s where id = %s""",
            (answer.status_code, delivery),
        )
