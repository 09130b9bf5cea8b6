"""Uses all of the Python client once on the server at argv[1], and what is no Tallyboard at argv[2]; prints what came."""

import json
import sys

from tallyboard import Tallyboard, TallyboardError

tallyboard = Tallyboard(sys.argv[1])
first = tallyboard.initial("e", "00000000-0000-4000-8000-000000000001")


def refused(call):
    try:
        return call()
    except TallyboardError as error:
        return {"code": error.code, "status": error.status, "transient": error.transient, "uuid": error.uuid}


live = tallyboard.live()
json.dump(
    {
        "first": first,
        "followup": tallyboard.followup(first["uuid"]),
        "named": tallyboard.initial("b"),
        "batch": tallyboard.batch([{"uuid": first["uuid"]}, {"uuid": first["uuid"], "symbol": "x"}]),
        "symbol": tallyboard.symbol("e"),
        "range": tallyboard.range("2017-06-29", "2017-06-30 00:00", tz="Asia/Tokyo"),
        "series": tallyboard.series("2017-06-28", "2017-06-30", every="day", symbol="e"),
        "live": [next(live)["totals"], tallyboard.initial("a")["replayed"], next(live)["totals"]],
        "conflict": refused(lambda: tallyboard.initial("x", first["uuid"])),
        "bound": refused(lambda: tallyboard.range("today", "2017-06-30")),
        "nobody": refused(lambda: Tallyboard("http://127.0.0.1:9", attempts=2).followup(first["uuid"])),
        "closed": refused(lambda: Tallyboard(sys.argv[2], attempts=2).followup(first["uuid"])),
    },
    sys.stdout,
)
