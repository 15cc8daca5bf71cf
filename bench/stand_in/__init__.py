"""A server in place of the providers for the benchmark: takes requests in their forms and answers
as told, behind nginx for TLS and HTTP/2. Started by `stack`; nothing else imports from it.
"""
