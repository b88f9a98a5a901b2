"""Client certificates of stages: the rules, and the way to the data plane.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
"""

from typing import Final

from ...core.client_certificate import ClientCertificate
from .records import Change, JsonObject, Record, bad_request

__all__ = [
    "CLIENT_CERTIFICATES",
    "certificate_of",
    "check_certificate_deletion",
    "check_certificate_of_stage",
]

CLIENT_CERTIFICATES: Final = "clientcertificates"
"""Collection of the client certificates of the first API."""


def check_certificate_of_stage(change: Change) -> None:
    """Check that a stage is given a certificate that exists; AWS's text is not known."""
    certificate_id = change.given.get("clientCertificateId")
    if certificate_id and certificate_id not in change.root.below(CLIENT_CERTIFICATES):
        raise bad_request(
            f"Invalid ClientCertificateId {certificate_id}: make a client certificate with "
            "GenerateClientCertificate of the service apigateway."
        )


def check_certificate_deletion(change: Change) -> None:
    """Refuse to delete a certificate while a stage has it; AWS's text is not known."""
    stages = [
        f"{api_id}/{name}"
        for api_id, api in change.root.below("apis").items()
        for name, stage in api.below("stages").items()
        if stage.document.get("clientCertificateId") == change.own_id
    ]
    if stages:
        raise bad_request(
            f"Cannot delete client certificate {change.own_id}, because these stages have it: "
            f"[{', '.join(stages)}]. Give them another, or none."
        )


def certificate_of(stage: JsonObject, root: Record) -> ClientCertificate | None:
    """Return the certificate that the backends of a stage are shown."""
    certificate_id = stage.get("clientCertificateId", "")
    # A state from before certificates were made may have a stage with the id of none.
    record = root.below(CLIENT_CERTIFICATES).get(certificate_id)
    if record is None:
        return None
    return ClientCertificate(
        certificate_id, chain=record.document["pemEncodedCertificate"], key=record.secret
    )
