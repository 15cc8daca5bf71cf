"""The fifth stage. In come results of sends, out go states, attempts, counters, account health and
what services are told, in one transaction a flush. `recorder` is the thread, `outcomes` the
consequences (pure), `write` the SQL; `fallback` and `dead_addresses` are for those who learn of an
end elsewhere.
"""
