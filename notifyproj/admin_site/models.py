"""None of its own; but only an app that has this file hears of a finished `migrate`."""
