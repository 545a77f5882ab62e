"""Clients and servers written with Python libraries, run as programs in the namespaces."""
