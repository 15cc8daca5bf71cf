"""Routes that fail on purpose, for the tests of errors."""

from typing import cast

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifyproj.core.api.authentication import Caller
from notifyproj.core.models import Scope


class Probe(APIView):
    required_scope: str | dict[str, str] = Scope.SEND

    def get(self, request: Request) -> Response:
        return Response({"service": cast(Caller, request.user).service})

    def post(self, request: Request) -> Response:
        return Response({"got": request.data})


class Broken(Probe):
    def get(self, request: Request) -> Response:
        raise RuntimeError("the secret of the house")


class DatabaseAway(Probe):
    def get(self, request: Request) -> Response:
        raise OperationalError("could not connect to 10.0.0.5")


class Invalid(Probe):
    def get(self, request: Request) -> Response:
        raise serializers.ValidationError({"items": [{}, {"age": ["Too young."]}]})


class NoScope(APIView):
    def get(self, request: Request) -> Response:
        return Response({})


def plain_broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the secret of the house")


urlpatterns = [
    path("api/v1/probe", Probe.as_view()),
    path("api/v1/broken", Broken.as_view()),
    path("api/v1/database-away", DatabaseAway.as_view()),
    path("api/v1/invalid", Invalid.as_view()),
    path("api/v1/no-scope", NoScope.as_view()),
    path("api/v1/plain-broken", plain_broken),
    path("", include("notifyproj.urls")),
]
