"""The pipeline: accept, resolve, dispatch, deliver, record, then what providers tell later. In come
requests of services, out go deliveries and what became of them. Which stage may import which is a
contract in `pyproject.toml`; the API, the admin and the tasks may import all.
"""
