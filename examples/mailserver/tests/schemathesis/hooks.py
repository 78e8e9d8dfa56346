"""What schemathesis does not know of itself: how a message is sent."""

import schemathesis


@schemathesis.serializer("message/rfc822")
def message(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
