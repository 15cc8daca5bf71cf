"""What this room asks of rooms above it: it does not know people."""

from collections.abc import Callable

from channels.models import ProviderAccount
from notifyproj.core.extension_point import ExtensionPoint

# The address behind a person's external id that an account may send to; None when there is none.
address_books: ExtensionPoint[Callable[[ProviderAccount, str], str | None]] = ExtensionPoint()
