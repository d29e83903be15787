"""`nnpp schema`: the JSON Schema of fit.yaml, for editors."""

import json

from nnpp.config.fit_yaml import json_schema


def run_schema() -> str:
    """The schema as text."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False)
