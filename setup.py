"""What pyproject.toml cannot say: the C extension."""

from setuptools import setup

setup(cffi_modules=["backends/neurodeploy_brian2/kernel/build.py:ffi"])
