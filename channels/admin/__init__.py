"""Provider accounts in the admin: what is imported here registers itself."""

from channels.admin import provider_accounts as provider_accounts
