"""What pyproject.toml cannot say: the C extensions."""

from setuptools import setup

setup(
    cffi_modules=[
        "backends/neurodeploy_brian2/kernel/build.py:ffi",
        "backends/neurodeploy_virtual/core/build.py:ffi",
    ]
)
