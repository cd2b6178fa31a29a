"""Everything that can go wrong, in one tree.

SathiError
├── ConfigurationError          a setting or data file is missing or wrong: the start stops, naming it
├── DataError                   a row of tenants/, nlu_data/ or a tariff cannot be used
├── Rejected                    a request from outside that is not taken
│   ├── NotGenuine              signature or secret missing or wrong (401/403)
│   └── Malformed               cannot be read (400)
├── EffectConflict              an effect's key was used before for something else: refused
├── LeaseLost                   somebody else has the conversation now: write nothing
├── TurnFailed                  the dialogue core gave no trustworthy answer
├── UtilityUnavailable          the company's system did not answer in time
└── SendError                   a message could not be sent
    ├── Throttled               too fast; try again after `retry_after`
    ├── Unavailable             their side is down; try again
    ├── Ambiguous               maybe sent: wait for a status before sending again
    ├── WindowClosed            the platform allows no free text now
    ├── Unreachable             this person cannot be reached on this channel
    ├── Refused                 this message will never be accepted
    └── ChannelDown             the account itself is broken (token, permission): stop and alert
"""

from __future__ import annotations


class SathiError(Exception):
    """Base of every error raised on purpose."""


class ConfigurationError(SathiError):
    """A setting or data file is missing or wrong; the message names it and says what to do."""


class DataError(SathiError):
    """A row of data cannot be used; the message names file and field."""


class Rejected(SathiError):
    """A request from outside that is not taken. `status` is the HTTP answer."""

    status = 400


class NotGenuine(Rejected):
    """Signature or secret is missing or wrong. Carries no digest: the text may reach a log."""

    def __init__(self, reason: str, status: int = 401) -> None:
        super().__init__(reason)
        self.status = status


class Malformed(Rejected):
    """The body cannot be read."""


class EffectConflict(SathiError):
    """The key of an effect was used before with other content; nothing is written and somebody should look (R4)."""


class LeaseLost(SathiError):
    """The lease went to another worker; nothing may be written any more."""


class TurnFailed(SathiError):
    """The dialogue core gave no trustworthy answer: unreachable, late, or without the end-of-turn marker."""


class UtilityUnavailable(SathiError):
    """The company's system did not answer in time."""


class SendError(SathiError):
    """A message could not be sent. The worker reads the fields and never looks at HTTP."""

    retryable = False
    settles_by_status = False
    stops_channel = False

    def __init__(self, words: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.code = code
        self.retry_after = retry_after


class Throttled(SendError):
    """Too fast. `scope` says for whom to slow down: this person or the whole account."""

    retryable = True

    def __init__(self, words: str, *, code: str = "", retry_after: float | None = None, scope: str = "account") -> None:
        super().__init__(words, code=code, retry_after=retry_after)
        self.scope = scope


class Unavailable(SendError):
    """Their side is down or overloaded."""

    retryable = True


class Ambiguous(SendError):
    """The request left but no answer came: it may have been sent."""

    retryable = True
    settles_by_status = True


class WindowClosed(SendError):
    """Free text is not allowed now; a template or a person is needed."""


class Unreachable(SendError):
    """This person cannot be reached here: blocked, gone, never started."""


class Refused(SendError):
    """This message will never be accepted as it is."""


class ChannelDown(SendError):
    """The account is broken (token, permission, lock): nothing can be sent until somebody mends it."""

    retryable = True
    stops_channel = True
