"""Types, rules, people and addresses in the admin: what is imported here registers itself."""

from preferences.admin import consent as consent
from preferences.admin import person as person
from preferences.admin import types as types
from preferences.recipients import trial_addresses as trial_addresses
