"""`/people/`: who works here and which roles they hold; read by those who supervise people."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema

from inventory.api.examples import ID, WHEN
from inventory.api.paging import page_example, page_of, paged
from inventory.serializers.people import AccountOut, PageReadOut, PersonQuery, ReadingQuery
from mrm.accounts.api import Api
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example

ACCOUNT = {
    "id": ID,
    "name": "Vera Validator",
    "email": "vera.validator@bank.example",
    "kind": "human",
    "state": "open",
    "roles": [{"role": "validator", "workspace": "main", "models": [], "expires_at": "2026-01-01T00:00:00Z"}],
    "created_at": WHEN,
}
READING = {"address": "/models/credit-pd/", "read_at": WHEN}


class PeopleApi(Api):
    @extend_schema(
        operation_id="list_people",
        summary="List people and service accounts",
        description="For those who supervise people: who has an account, and which roles they hold now.",
        tags=["people"],
        parameters=[PersonQuery],
        responses={200: page_of(AccountOut), **problems(400, 403)},
        examples=[response_example("One person", page_example(ACCOUNT))],
    )
    def get(self, request):
        require(request.user, Permission.READ_PEOPLE, None)
        query = PersonQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(Person.objects.with_roles()), query.ordering, AccountOut)


class ReadingsApi(Api):
    @extend_schema(
        operation_id="list_readings",
        summary="List what an auditor or an examiner read",
        description="For those who supervise people; the newest first.",
        tags=["people"],
        parameters=[ReadingQuery],
        responses={200: page_of(PageReadOut), **problems(400, 403, 404)},
        examples=[response_example("One page", page_example(READING))],
    )
    def get(self, request, person_id):
        require(request.user, Permission.READ_PEOPLE, None)
        query = ReadingQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        readings = get_object_or_404(Person, pk=person_id).readings.all()
        return paged(request, query.chosen(readings), query.ordering, PageReadOut)
