"""What the providers at Amazon share: signatures of requests, signed messages of SNS, and its
publish call. Pure; for their adapters and for callbacks.
"""
