"""Holds what `spyglass submit --to kubernetes` and `--to skypilot` print against the schemas that both publish.

    python tests/reference/manifests.py RUN.yaml --program target/release/spyglass

RUN.yaml needs a `cluster:` with `image` and `volume`. Needs kubernetes-validate (each of its versions is asked) and skypilot.
"""
import argparse
import subprocess
import sys

import jsonschema
import kubernetes_validate
import yaml
from kubernetes_validate import utils
from sky.utils import schemas

a = argparse.ArgumentParser()
a.add_argument("run")
a.add_argument("--program", default="target/release/spyglass")
a = a.parse_args()


def printed(engine):
    command = [a.program, "submit", a.run, "--to", engine, "--dry-run"]
    return yaml.safe_load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


failed = False


def check(name, validate):
    global failed
    try:
        validate()
        print(f"{name}: fits")
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
        failed = True
        print(f"{name}: {error.message} at {'/'.join(map(str, error.path))}")


job = printed("kubernetes")
for version in dict.fromkeys(map(utils.major_minor, utils.all_versions())):
    check(f"Kubernetes {version}", lambda: kubernetes_validate.validate(job, version, strict=True))
task = printed("skypilot")
check("SkyPilot, task", lambda: jsonschema.validate(task, schemas.get_task_schema()))
check("SkyPilot, resources", lambda: jsonschema.validate(task["resources"], schemas.get_resources_schema()))
sys.exit(failed)
