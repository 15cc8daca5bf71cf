"""A simulator for each provider, by channel. In comes a request as the provider would get it, out
go a verdict and the provider's answer. Only `sandbox` imports from here.
"""
