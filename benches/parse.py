"""The same fields of the same answer by lxml's iterparse, in flat memory. Called as: parse.py FILE"""

import sys
import time

from lxml import etree

rows = size = 0
begun = time.perf_counter()
for _, household in etree.iterparse(sys.argv[1], tag="Prospect"):
    events = []
    for event in household.iterfind("Events/Event"):
        kind = event.get("EventType")
        if kind not in events:
            events.append(kind)
    people = []
    for customer in household.iterfind("Customers/Customer"):
        ids = {one.get("IDType").lower(): one.get("IDValue") for one in customer.iterfind("Identification")}
        people.append(
            [
                ids.get("prospectid", ""),
                ids.get("propertyid", ""),
                customer.findtext("Name/FirstName") or "",
                customer.findtext("Name/LastName") or "",
                customer.findtext("Email") or "",
                customer.get("Type"),
                ids.get("tenantid", ""),
            ]
        )
    for person in people:
        line = "\t".join([*person, people[0][0], ""]) + "".join(event + " " for event in events)
        rows += 1
        size += len(line.encode())
    household.clear()
    while household.getprevious() is not None:
        del household.getparent()[0]
print(rows, size, f"{time.perf_counter() - begun:.6f}")
