"""The network between import and emission: frozen values in ms, mV and nA."""
