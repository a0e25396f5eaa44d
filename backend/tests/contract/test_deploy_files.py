"""The files in `deploy/` agree with each other and with the program. They are not run here: that takes containers."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api.page.page_files import PAGE_FOLDER
from app.settings import Settings

_ROOT = Path(__file__).parents[3]
_DEPLOY = _ROOT / "deploy"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The arrangement, with anchors and merges resolved as Compose does."""
    content = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
    assert isinstance(content, dict)
    return content


def test_two_of_each_behind_a_proxy(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {
        *("proxy", "migrate", "api-1", "api-2", "worker-1", "worker-2", "postgres", "valkey"),
    }
    assert compose["services"]["api-2"]["command"] == ["serve", "--no-worker"]
    assert compose["services"]["worker-2"]["command"] == ["worker"]


def test_only_the_proxy_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]


def test_only_settings_that_exist_are_set(compose: dict[str, Any]) -> None:
    known = {f"SOVD_{name.upper()}" for name in Settings.model_fields}
    for name in ("migrate", "api-1", "api-2", "worker-1", "worker-2"):
        assert set(compose["services"][name]["environment"]) <= known


def test_every_secret_has_to_be_set_and_is_in_the_example() -> None:
    text = (_DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    demanded = set(re.findall(r"(?<!\$)\$\{(\w+):\?", text))
    listed = dict(re.findall(r"^(\w+)=(.*)$", (_DEPLOY / "env.example").read_text(), re.MULTILINE))

    assert asked == demanded == set(listed)
    assert set(listed.values()) == {""}, "an example is no place for a secret"


def test_everything_waited_for_exists_and_can_become_what_is_waited_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            assert name in services
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[name]


def test_the_proxy_knows_every_api_process_and_the_api_knows_the_proxy(compose: dict[str, Any]) -> None:
    caddyfile = (_DEPLOY / "Caddyfile").read_text()
    apis = [name for name in compose["services"] if name.startswith("api-")]
    assert re.search(r"reverse_proxy (.*) \{", caddyfile)
    assert all(f"{name}:8000" in caddyfile for name in apis)

    subnet = compose["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert all(compose["services"][name]["environment"]["SOVD_TRUSTED_PROXIES"] == subnet for name in apis)
    on_front = {name for name, service in compose["services"].items() if "front" in service.get("networks", [])}
    assert on_front == {"proxy", *apis}


def test_what_all_processes_have_to_share_is_shared_and_nothing_is_kept_in_a_container(compose: dict[str, Any]) -> None:
    for name in ("migrate", "api-1", "api-2", "worker-1", "worker-2"):
        service = compose["services"][name]
        assert {"SOVD_TOKEN_SECRET", "SOVD_SECRET_KEY"} <= set(service["environment"])
        assert service["read_only"]
        assert Path(service["environment"]["SOVD_HOME"]).parent.as_posix() in service["tmpfs"]


def test_the_image_is_built_from_files_that_exist_and_are_let_through() -> None:
    dockerfile = (_DEPLOY / "Dockerfile").read_text()
    sources = [source for line in copied_from_context(dockerfile) for source in line]
    assert {"requirements.lock", "pyproject.toml", "backend/app", "frontend"} <= set(sources)
    for source in sources:
        assert (_ROOT / source).exists()
        assert is_let_through(source)
    assert "--require-hashes" in dockerfile


def copied_from_context(dockerfile: str) -> list[list[str]]:
    """The sources of each COPY that does not take from another stage."""
    copies = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    assert copies
    return [line.split()[:-1] for line in copies]


def is_let_through(path: str) -> bool:
    """Whether the build sees a path: as in Docker, the last pattern that fits it or a folder above it counts."""
    steps = [path, *(parent.as_posix() for parent in Path(path).parents)][:-1]
    let_through = True
    for line in (_DEPLOY / "Dockerfile.dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if any(fnmatch(step, pattern) or fnmatch(f"/{step}", pattern) for step in steps):
            let_through = line.startswith("!")
    return let_through


@pytest.mark.parametrize(
    "path", ["backend/app/page_files/index.html", "frontend/node_modules/vite", "backend/app/api/__pycache__", ".git"]
)
def test_what_lies_about_in_a_work_tree_does_not_get_into_the_image(path: str) -> None:
    assert not is_let_through(path)


def test_the_image_holds_the_page_that_it_builds_itself() -> None:
    dockerfile = (_DEPLOY / "Dockerfile").read_text()
    folder = PAGE_FOLDER.relative_to(_ROOT).as_posix()
    assert f"COPY --from=page /src/{folder} {folder}\n" in dockerfile
    assert f"outDir: '../{folder}'" in (_ROOT / "frontend" / "vite.config.ts").read_text()
    assert dockerfile.index("--from=page") < dockerfile.index("--no-index .")


def test_the_lock_for_development_holds_the_versions_that_run() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ =]*==[^ \\;]+", (_ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
    assert pins("requirements.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_name_no_registry(lock: str) -> None:
    assert "://" not in (_ROOT / lock).read_text()
