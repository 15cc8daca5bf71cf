"""Services, keys and the audit log in the admin, and what lists of large tables are made of."""

from notifyproj.core.admin import audit as audit
from notifyproj.core.admin import services as services
