"""A client of a Tallyboard server in one file, with nothing but Python's own library (3.9 or later).

    from tallyboard import Tallyboard

    tallyboard = Tallyboard("http://127.0.0.1:5000")
    contact = tallyboard.initial("e")  # {'uuid': '6f1c…', 'symbol': 'e', 'isVowel': True, 'replayed': False}
    tallyboard.followup(contact["uuid"])
    print(tallyboard.symbol("e"))  # {'count': 1, 'symbol': 'e', …}

What is not answered, or is answered that the server is busy, is sent again; the uuid keeps a repetition from being
counted twice.
"""

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid as uuids

# Refusals that another attempt may not meet: a time-out, a limit of rate, no room, a proxy without its server.
PASSING = {408, 429, 502, 503, 504}
PAUSE_SECONDS = 0.1
PAUSE_SECONDS_MAX = 5
ASKED_SECONDS_MAX = 30
# The server gives a sign of life every 15 seconds: a line that is silent for longer than this is broken.
SILENCE_SECONDS_MAX = 30


class TallyboardError(Exception):
    """What a call ends with that did not go well.

    `code` is stable: one of the server's, `NO_ANSWER` where no attempt was answered, or `ANSWER_INVALID` where what
    answered is not a Tallyboard. `status` is that of the last answer, if any. `transient`: another call may go well.
    `uuid` is the contact of a call that was to store something: after `NO_ANSWER` and `STORE_UNCERTAIN`, where it may
    be stored or not, the same call with that uuid settles it.
    """

    def __init__(self, code, message, status=None, transient=False, retry_after=0, uuid=None):
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.status = status
        self.transient = transient
        self.retry_after = retry_after
        self.uuid = uuid


class Tallyboard:
    """A client of one server. `timeout` is in seconds, for each of the `attempts`."""

    def __init__(self, url, dashboard_token=None, ingest_token=None, timeout=10, attempts=8):
        self.url = url.rstrip("/")
        self.tokens = {"GET": dashboard_token, "POST": ingest_token}
        self.timeout = timeout
        self.attempts = attempts

    def initial(self, symbol, uuid=None):
        """Opens a contact, under a new uuid where none is given, and answers with the guess."""
        return self._ask("POST", "/initial", uuid=uuid or str(uuids.uuid4()), symbol=symbol)

    def followup(self, uuid):
        """Goes on with a contact."""
        return self._ask("POST", "/followup", uuid=uuid)

    def batch(self, items):
        """Logs many events in their order: {"uuid", "symbol"} is an initial, {"uuid"} a followup.

        Answers with one result for each; one that is refused keeps no other from being stored.
        """
        return self._ask("POST", "/batch", body=json.dumps(list(items)).encode())

    def symbol(self, symbol):
        """The tally of one symbol, of all time."""
        return self._ask("GET", f"/dashboard/symbol/{_quote(symbol)}")

    def range(self, lower, upper, tz=None):
        """26 tallies, a to z, of the contacts with lower <= initial < upper."""
        return self._ask("GET", f"/dashboard/range/{_quote(lower)}/{_quote(upper)}", tz=tz)

    def series(self, lower, upper, every, tz=None, symbol=None):
        """The range cut into buckets: minute, hour, day, week, month, year, or fit."""
        path = f"/dashboard/series/{_quote(lower)}/{_quote(upper)}"
        return self._ask("GET", path, every=every, tz=tz, symbol=symbol)

    def live(self):
        """Yields totals and newest events as they come, over as many connections as it takes."""
        last_id = None
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = {} if last_id is None else {"Last-Event-ID": last_id}
                with self._open("GET", "/dashboard/live", headers=headers) as reply:
                    for event in _events(reply):
                        attempt = 0
                        last_id = event["id"]
                        yield json.loads(event["data"])
                raise TallyboardError("NO_ANSWER", "the live connection ended", transient=True)
            except TallyboardError as error:
                self._pause(error, max(attempt, 1))

    def _ask(self, method, path, body=None, **fields):
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._open(method, path, fields, body=body) as reply:
                    return _json(reply.read())
            except (OSError, http.client.HTTPException) as lost:
                error = _no_answer(method, path, lost)
            except TallyboardError as refused:
                error = refused
            error.uuid = fields.get("uuid")
            self._pause(error, attempt)

    def _open(self, method, path, fields=None, headers=None, body=None):
        given = {name: value for name, value in (fields or {}).items() if value is not None}
        url = self.url + path + ("?" + urllib.parse.urlencode(given) if given else "")
        headers = {"Accept": "application/json", **(headers or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        if self.tokens[method] is not None:
            request.add_header("Authorization", f"Bearer {self.tokens[method]}")
        timeout = SILENCE_SECONDS_MAX if path == "/dashboard/live" else self.timeout
        try:
            return urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as reply:
            with reply:
                raise _refusal(reply) from None
        except (OSError, http.client.HTTPException) as lost:
            raise _no_answer(method, path, lost) from lost

    def _pause(self, error, attempt):
        if not error.transient or attempt >= self.attempts:
            raise error
        growing = min(PAUSE_SECONDS * 2 ** (attempt - 1), PAUSE_SECONDS_MAX)
        time.sleep(max(growing * random.uniform(0.5, 1), min(error.retry_after, ASKED_SECONDS_MAX)))


def _quote(text):
    return urllib.parse.quote(text, safe="")


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        raise TallyboardError("ANSWER_INVALID", "the answer is not JSON: look at the URL") from None


def _no_answer(method, path, reason):
    return TallyboardError("NO_ANSWER", f"{method} {path} was not answered: {reason}", transient=True)


def _refusal(reply):
    details = {
        "status": reply.status,
        "transient": reply.status in PASSING,
        "retry_after": _seconds(reply.headers.get("Retry-After")),
    }
    try:
        problem = json.loads(reply.read())
        return TallyboardError(problem["code"], problem["detail"], **details)
    except (ValueError, KeyError, TypeError, OSError):
        message = f"answered {reply.status}, without a problem document: look at the URL"
        return TallyboardError("ANSWER_INVALID", message, **details)


def _seconds(text):
    """0 where a proxy names a date instead."""
    return int(text) if text is not None and text.isdecimal() else 0


def _events(reply):
    """The server-sent events of the type message."""
    event = {}
    try:
        for line in reply:
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name:
                event[name] = value
                continue
            if "id" in event and "data" in event:
                yield event
            event = {}
    except (OSError, http.client.HTTPException) as lost:
        raise _no_answer("GET", "/dashboard/live", lost) from lost
