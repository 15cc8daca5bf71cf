"""Messages that wait for each other and go out as one. In come planned deliveries (`collect`), out
go items in an open digest; `notifications.services.close_digests` sends them.
"""
