"""The four packages are ours, and import nothing heavy before they are asked."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", ["services", "workers", "web", "config"])
def test_no_dependency_shadows_our_packages(package: str) -> None:
    """Generic names: a library that ships one of them would win in an editable install."""
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found) == ROOT / package / "__init__.py"


@pytest.mark.parametrize("folder", ["docker", "migrations"])
def test_folders_that_are_no_packages_stay_so(folder: str) -> None:
    """So that an installed package of that name still wins over the folder."""
    assert not (ROOT / folder / "__init__.py").exists()


def test_the_framework_needs_the_standard_library_and_numpy_only() -> None:
    """Every module of it can be imported where nothing else is installed."""
    script = (
        "import importlib, pkgutil, sys, numpy, services.framework as package\n"
        "before = set(sys.modules)\n"
        "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "roots = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "ours = sys.stdlib_module_names | {'services', 'numpy'}\n"
        "print(*sorted(root for root in roots - ours if not root.startswith('_sysconfigdata')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []
