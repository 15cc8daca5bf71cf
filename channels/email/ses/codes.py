"""SES's responses to a request, and their meaning."""

from channels.base import Outcome, OutcomeKind

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
REJECTED, PAUSE = OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
CODES: dict[str, tuple[OutcomeKind, str]] = {
    "TooManyRequestsException": (THROTTLED, "SES slows us down"),
    "LimitExceededException": (THROTTLED, "A limit of the SES account is reached"),
    "BandwidthLimitExceeded": (THROTTLED, "SES slows us down"),
    "RequestLimitExceeded": (THROTTLED, "SES slows us down"),
    "RequestThrottled": (THROTTLED, "SES slows us down"),
    "RequestThrottledException": (THROTTLED, "SES slows us down"),
    "SlowDown": (THROTTLED, "SES slows us down"),
    "AccountSuspendedException": (PAUSE, "The SES account is suspended"),
    "SendingPausedException": (PAUSE, "Sending is paused at SES"),
    "MailFromDomainNotVerifiedException": (PAUSE, "The MAIL FROM domain is not verified at SES"),
    "NotFoundException": (PAUSE, "The configuration set does not exist at SES"),
    "MessageRejected": (REJECTED, "SES rejected the message"),
    "BadRequestException": (REJECTED, "SES refused the message"),
    **dict.fromkeys(
        (
            *("AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException"),
            *("IncompleteSignature", "IncompleteSignatureException", "InvalidClientTokenId"),
            *("InvalidSignatureException", "MissingAuthenticationToken", "NotAuthorized"),
            *("MissingAuthenticationTokenException", "OptInRequired", "RequestExpired"),
            *("SignatureDoesNotMatch", "UnrecognizedClientException"),
        ),
        (PAUSE, "AWS refused our key, or its permissions, or our clock is wrong"),
    ),
}
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntryResult.html
BULK: dict[str, tuple[OutcomeKind, str]] = {
    "TRANSIENT_FAILURE": (RETRY, "SES has trouble"),
    "FAILED": (RETRY, "SES could not process the message"),
    "ACCOUNT_THROTTLED": (THROTTLED, "SES slows us down"),
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": (PAUSE, "The daily quota of the SES account is used up"),
    "ACCOUNT_SUSPENDED": (PAUSE, "The SES account is suspended"),
    "ACCOUNT_SENDING_PAUSED": (PAUSE, "Sending is paused at SES"),
    "CONFIGURATION_SET_SENDING_PAUSED": (PAUSE, "The configuration set is paused at SES"),
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": (PAUSE, "The MAIL FROM domain is not verified at SES"),
    "CONFIGURATION_SET_NOT_FOUND": (PAUSE, "The configuration set does not exist at SES"),
    "TEMPLATE_NOT_FOUND": (PAUSE, "SES does not find the template"),
    "INVALID_SENDING_POOL_NAME": (PAUSE, "The sending pool does not exist at SES"),
    "MESSAGE_REJECTED": (REJECTED, "SES rejected the message"),
    "INVALID_PARAMETER": (REJECTED, "SES refused the message"),
}
# A rolling quota of 24 hours: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
DAILY = Outcome(
    PAUSE, "The daily quota of the SES account is used up", "DailyQuotaExceeded", after=600.0
)
# In the sandbox of SES, the recipient, too, has to be verified.
NOT_VERIFIED = Outcome(PAUSE, "An address is not verified at SES", "NotVerified")
