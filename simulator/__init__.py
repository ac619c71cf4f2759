"""Plays Meta's WhatsApp Cloud API, and the phones of the people who write, for the demo and the tests.

Its own process, sharing no code with the product: what the product believes about the provider is checked here
by somebody who read the provider's documentation separately.
"""
