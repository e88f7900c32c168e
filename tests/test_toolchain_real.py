"""The Go toolchains that are really there: complete, and what they say they are."""

import subprocess

import pytest

from realgo.install import check
from realgo.toolchain import Toolchain, cached

pytestmark = [pytest.mark.go, pytest.mark.linux]


def test_the_newest_there_is_says_so_itself(toolchain: Toolchain) -> None:
    done = subprocess.run(
        [toolchain.go, "version"], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split()[:3] == ["go", "version", f"go{toolchain.version}"]


def test_what_the_cache_has_passes_the_check_still(toolchain: Toolchain) -> None:
    if toolchain.origin != "cache":
        pytest.skip(f"Go {toolchain.version} is from the PATH, and the cache has none as new")

    for one in cached():
        check(one.goroot, one.version)
