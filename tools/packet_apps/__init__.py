"""Parts of the training of models/packet-apps, one step a module."""
