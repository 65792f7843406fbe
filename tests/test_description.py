"""OpenAPI's description, which is written when it is first asked for."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from pointsvc.http import API

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_every_json_route_is_described_and_the_second_reader_reads_the_same(app: Flask, client: FlaskClient) -> None:
    first, second = client.get(f"{API}/openapi.json"), client.get(f"{API}/openapi.json")
    described = {
        (method, path)
        for path, methods in first.json["paths"].items()
        for method in METHODS & set(map(str.upper, methods))
    }
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0].endswith("_api")
        for method in METHODS & (rule.methods or set())
    }
    assert len(routes) > 100
    assert described == routes
    assert second.data == first.data
