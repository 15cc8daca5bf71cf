"""Messages that wait for each other and go out as one."""
