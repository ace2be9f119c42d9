"""How the registry says no in MLflow's words: clients decide by the code, people read the message."""

from mrm.errors import DomainError

INVALID = "INVALID_PARAMETER_VALUE"
EXISTS = "RESOURCE_ALREADY_EXISTS"
MISSING = "RESOURCE_DOES_NOT_EXIST"
CONFLICT = "RESOURCE_CONFLICT"
DENIED = "PERMISSION_DENIED"
UNAUTHENTICATED = "UNAUTHENTICATED"
NO_ENDPOINT = "ENDPOINT_NOT_FOUND"
LIMITED = "REQUEST_LIMIT_EXCEEDED"
STATUS = {
    INVALID: 400,
    EXISTS: 400,
    UNAUTHENTICATED: 401,
    DENIED: 403,
    MISSING: 404,
    NO_ENDPOINT: 404,
    CONFLICT: 409,
    LIMITED: 429,
}


class Refused(DomainError):
    """No, with the error code that an MLflow client understands."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def invalid(message: str) -> Refused:
    return Refused(INVALID, message)


def no_model(name: str) -> Refused:
    return Refused(MISSING, f"Registered Model with name={name} not found")


def no_version(name: str, number) -> Refused:
    return Refused(MISSING, f"Model Version (name={name}, version={number}) not found")


def no_alias(alias: str) -> Refused:
    """MLflow's server answers this with 400, and its client expects that."""
    return invalid(f"Registered model alias {alias} not found.")


def already_exists(name: str) -> Refused:
    return Refused(EXISTS, f"Registered Model (name={name}) already exists.")
